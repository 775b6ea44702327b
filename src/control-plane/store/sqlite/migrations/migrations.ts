import type { DatabaseSync } from "node:sqlite";
import { CommandError } from "../../../../lib/command-line/command-error.ts";
import { OperatorError } from "../../../../lib/errors.ts";
import { printable } from "../../../../lib/printable.ts";
import { integer, text } from "../../rows/row.ts";
import { DAMAGE_REMEDY } from "../rows/unavailable.ts";
import { EXECUTOR_TABLES } from "./executor-tables.ts";
import { HISTORY_TABLES } from "./history-tables.ts";
import { NODE_TABLES } from "./node-tables.ts";
import { PEOPLE_TABLES } from "./people-tables.ts";
import { REPAIR_ROLES } from "./role-repair.ts";
import { SIGN_IN_DEVICE_TABLE } from "./sign-in-device-table.ts";

/**
 * Forward only: entry N takes a database from version N to N + 1 (`PRAGMA user_version`).
 * Statements of a released entry never change; a change is a new entry.
 *
 * `organization` and `apikey` are exactly better-auth's tables (better-auth 1.7.7,
 * @better-auth/api-key 1.7.5; their dates are ISO text), so that its plugins work on them. Our own
 * tables hold what those have no column for, with times in epoch milliseconds.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table "organization" ("id" text not null primary key, "name" text not null, "slug" text not null unique,
    "logo" text, "createdAt" date not null, "metadata" text);

  create table "apikey" ("id" text not null primary key, "configId" text not null, "name" text, "start" text,
    "referenceId" text not null, "prefix" text, "key" text not null, "refillInterval" integer, "refillAmount" integer,
    "lastRefillAt" date, "enabled" integer, "rateLimitEnabled" integer, "rateLimitTimeWindow" integer,
    "rateLimitMax" integer, "requestCount" integer, "remaining" integer, "lastRequest" date, "expiresAt" date,
    "createdAt" date not null, "updatedAt" date not null, "permissions" text, "metadata" text);
  create index "apikey_configId_idx" on "apikey" ("configId");
  create index "apikey_referenceId_idx" on "apikey" ("referenceId");
  create index "apikey_key_idx" on "apikey" ("key");

  create table executor (
    id text not null primary key,
    organizationId text not null references organization (id),
    name text not null,
    kind text not null,
    version text not null,
    channel text not null,
    hostName text not null,
    publicHost text,
    capabilities text not null,
    resources text not null,
    createdAt integer not null,
    lastSyncAt integer,
    keyId text references apikey (id) on delete set null,
    lastRefusal text,
    unique (organizationId, name)
  ) strict;
  create index executor_keyId on executor (keyId);
  create index executor_lastSyncAt on executor (lastSyncAt);

  -- What better-auth's table has no column for. A key that its plugin made has no row here.
  create table executorKey (
    keyId text not null primary key references apikey (id) on delete cascade,
    lineageId text not null,
    targetExecutorId text references executor (id),
    revokesAt integer,
    revokedAt integer
  ) strict;
  create index executorKey_lineageId on executorKey (lineageId);

  -- History outlives the key: it has the key's name, which never changes, and no reference to its row.
  create table executorKeyUsage (
    executorId text not null references executor (id) on delete cascade,
    keyId text not null,
    keyName text not null,
    keyFingerprint text not null,
    firstUsedAt integer not null,
    lastUsedAt integer not null,
    primary key (executorId, keyId)
  ) strict;
  create index executorKeyUsage_keyId on executorKeyUsage (keyId, lastUsedAt);

  create table auditEvent (
    sequence integer primary key autoincrement,
    id text not null unique,
    organizationId text not null,
    at integer not null,
    actor text not null,
    action text not null,
    targetType text not null,
    targetId text not null,
    targetName text not null,
    details text not null,
    source text not null
  ) strict;
  create index auditEvent_organizationId on auditEvent (organizationId, sequence);
  create trigger auditEvent_update before update on auditEvent begin select raise(abort, 'audit events never change'); end;
  create trigger auditEvent_delete before delete on auditEvent begin select raise(abort, 'audit events never change'); end;
  `,
  PEOPLE_TABLES,
  EXECUTOR_TABLES,
  SIGN_IN_DEVICE_TABLE,
  REPAIR_ROLES,
  NODE_TABLES,
  HISTORY_TABLES,
];

/**
 * Brings the database to this program's version, in one transaction per step. Several programs may
 * start at once. Returns the steps that this program made.
 */
export function migrate(database: DatabaseSync): ReadonlySet<string> {
  const made = new Set<string>();
  for (;;) {
    database.exec("begin immediate");
    try {
      const version = userVersion(database);
      if (version > MIGRATIONS.length) {
        throw new OperatorError(
          `the database has version ${version} but this program supports only up to ${MIGRATIONS.length}: ` +
            "a newer novacula-control-plane has used it; run that version, or restore the backup from before the upgrade",
        );
      }
      const step = MIGRATIONS[version];
      if (step !== undefined) {
        database.exec(step);
        made.add(step);
        database.exec(`pragma user_version = ${version + 1}`);
      }
      database.exec("commit");
      if (step === undefined) {
        return made;
      }
    } catch (error) {
      if (database.isTransaction) {
        database.exec("rollback");
      }
      throw error;
    }
  }
}

/** Of ours, those whose names are least likely in a database of another program. */
const OUR_TABLES = ["auditEvent", "executorKey", "executor"];
const SHOWN_TABLES = 5;

/**
 * Whether the database has no tables yet. Throws an OperatorError if it is another program's, which
 * must not get ours beside its own.
 */
export function isWithoutTables(database: DatabaseSync): boolean {
  const rows = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
    .all();
  const names = rows.map((row) => text(row, "name"));
  if (names.length > 0 && !OUR_TABLES.some((name) => names.includes(name))) {
    const shown = names.slice(0, SHOWN_TABLES).map((name) => printable(name, 60));
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
    throw new CommandError(
      "failed",
      `it is the database of another program, with the tables ${shown.join(", ")}${more}`,
      {
        fix: "set DATABASE_URL to the control plane's own file",
      },
    );
  }
  return names.length === 0;
}

/** Throws an OperatorError if `database` lacks a table, index or trigger that `sound` has. */
export function requireSchema(database: DatabaseSync, sound: DatabaseSync): void {
  const there = schemaNames(database);
  const missing = [...schemaNames(sound)].filter((name) => !there.has(name));
  if (missing.length > 0) {
    throw new OperatorError(`it lacks ${missing.join(", ")}: ${DAMAGE_REMEDY}`);
  }
}

function schemaNames(database: DatabaseSync): ReadonlySet<string> {
  const rows = database.prepare("select type, name from sqlite_schema where name not like 'sqlite_%'").all();
  return new Set(rows.map((row) => `${text(row, "type")} ${text(row, "name")}`));
}

function userVersion(database: DatabaseSync): number {
  const row = database.prepare("pragma user_version").get();
  return row === undefined ? 0 : integer(row, "user_version");
}
