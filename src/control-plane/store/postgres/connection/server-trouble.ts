import { shellWord } from "../../../../lib/shell-word.ts";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import type { StoreProblem } from "../../contract/store.ts";

/** By SQLSTATE (PostgreSQL's manual, appendix A). */
export function serverTrouble(state: string, address: PostgresAddress): StoreProblem | undefined {
  const { user, database, server } = address;
  const exact: Readonly<Record<string, StoreProblem>> = {
    "28P01": refused(address),
    "28000": refused(address),
    "3D000": {
      reason: "the database does not exist",
      detail: `${server} has no database ${database}.`,
      remedy: `create it there, or correct DATABASE_URL:\nsudo -u postgres createdb --owner ${shellWord(user)} --encoding UTF8 --template template0 ${shellWord(database)}`,
    },
    "42501": {
      reason: "the database server denied access",
      detail: `${user} lacks rights in the database ${database}.`,
      remedy: `make it the owner:\nsudo -u postgres psql -c ${shellWord(`alter database "${database}" owner to "${user}"`)}`,
    },
    "53300": {
      reason: "the database server has too many connections",
      detail: `Each control plane needs 6 connections to ${server}.`,
      remedy: "raise max_connections in postgresql.conf, or stop other programs that use it",
    },
    "53100": {
      reason: "the disk of the database server is full",
      remedy: `make room on the disk of ${server}; a running control plane goes on by itself`,
    },
    "53200": {
      reason: "the database server is out of memory",
      remedy: `give ${server} more memory, or lower its shared_buffers or work_mem`,
    },
    "25006": readOnly(address),
    "55P03": {
      reason: "other changes hold the database for too long",
      detail: "A change waited for another one.",
      remedy: `look for a long transaction on ${server}: select pid, state, query from pg_stat_activity`,
    },
    "57014": {
      reason: "the database takes too long to answer",
      detail: `${server} ended a statement after its time.`,
      remedy: "look at its load and at long transactions: select pid, state, query from pg_stat_activity",
    },
    "57P01": stopping(address),
    "57P02": stopping(address),
    "57P03": stopping(address),
    "40P01": busy(address),
    "40001": busy(address),
    "42P01": {
      reason: "a table of the database is missing",
      detail: `The database ${database} at ${server} is not as this program made it.`,
      remedy: "restore a backup, or correct DATABASE_URL",
    },
  };
  return exact[state] ?? (/^(?:08|53|57P|58|XX)/u.test(state) ? failed(address) : undefined);
}

export function refused({ user, server, password, database }: PostgresAddress): StoreProblem {
  return {
    reason: "the database server refused the sign-in",
    detail: `${server} refused ${user} ${
      password === undefined ? "without a password" : "with the password in DATABASE_URL"
    }, for the database ${database}.`,
    remedy: `correct DATABASE_URL, or set the password on the server (in psql: \\password ${user}), or allow this host in pg_hba.conf`,
  };
}

export function readOnly({ server }: PostgresAddress): StoreProblem {
  return {
    reason: "the database is read-only",
    detail: `${server} is a standby, or is set to read-only.`,
    remedy: "let DATABASE_URL name the primary",
  };
}

function busy({ server }: PostgresAddress): StoreProblem {
  return {
    reason: "the database is busy",
    detail: `A statement at ${server} met a lock of another program. Nothing was changed.`,
    remedy: "let only control planes write to this database",
  };
}

function stopping({ server }: PostgresAddress): StoreProblem {
  return {
    reason: "the database server is starting or stopping",
    remedy: `wait; if it does not end, look at the log of ${server} (Debian: /var/log/postgresql/)`,
  };
}

function failed({ server }: PostgresAddress): StoreProblem {
  return {
    reason: "the database server failed",
    remedy: `look at the log of ${server} (Debian: /var/log/postgresql/)`,
  };
}
