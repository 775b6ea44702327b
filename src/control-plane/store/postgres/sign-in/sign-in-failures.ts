import {
  FAILURE_WINDOW_MS,
  type FoundFailures,
  type KeptFailures,
  MAX_FAILED_SUBJECTS,
  type SignInFailures,
} from "../../contract/sign-in-failures.ts";
import { integer, type Row } from "../../rows/row.ts";
import { SIGN_IN_LOCK } from "../connection/locks.ts";
import type { ConnectionPool } from "../connection/pool.ts";
import { NOW_MS, PostgresStatements } from "../connection/statements.ts";

/** Not synced: only a crash of the server forgets failures of the last second. */
const BEGIN = `begin; set local synchronous_commit = off; select pg_advisory_xact_lock(${SIGN_IN_LOCK})`;

/** On the clock of the server, which is the only one that all control planes share. */
const FIND = `
  select ${NOW_MS} as now, array_to_string(f.at, ' ') as times
  from unnest($1::text[]) with ordinality as s (subject, n) left join "signInFailure" f on f.subject = s.subject
  order by s.n`;
const KEEP = `
  insert into "signInFailure" as f (subject, at, "isBlocked")
  select t.subject, string_to_array(t.times, ' ')::bigint[], t."isBlocked"
  from unnest($1::text[], $2::text[], $3::boolean[]) as t (subject, times, "isBlocked")
  on conflict (subject) do update set at = excluded.at, "isBlocked" = excluded."isBlocked"`;
const FORGET = `delete from "signInFailure" where subject = any($1::text[])`;

const NEWEST = "at[cardinality(at)]";
const EXPIRE = `delete from "signInFailure" where abs(${NEWEST} - ${NOW_MS}) >= ${FAILURE_WINDOW_MS}`;
/** Not those of the last minute: among many that are blocked, their failures would not count. */
const BOUND = `
  delete from "signInFailure" where subject in (
    select subject from "signInFailure" where ${NEWEST} < ${NOW_MS} - 60000 order by "isBlocked", ${NEWEST}
    limit greatest(0, (select count(*) from "signInFailure") - ${MAX_FAILED_SUBJECTS}))`;
/** Changes between two looks at the whole table. Each adds three rows at most. */
const CHANGES = 100;

/** Failures in the database, which all of its control planes count together. */
export class PostgresSignInFailures implements SignInFailures {
  private readonly pool: ConnectionPool;
  private changes = 0;

  constructor(pool: ConnectionPool) {
    this.pool = pool;
  }

  find(subjects: readonly string[]): Promise<FoundFailures> {
    return new FailureRows(this.pool).find(subjects);
  }

  async change(
    subjects: readonly string[],
    decide: (found: FoundFailures) => readonly KeptFailures[] | undefined,
  ): Promise<void> {
    await this.pool.transaction(BEGIN, async (runner) => {
      const rows = new FailureRows(runner);
      const kept = decide(await rows.find(subjects));
      if (kept === undefined) {
        return;
      }
      await rows.keep(kept);
      if (this.changes % CHANGES === 0) {
        await rows.prune();
      }
      this.changes += 1;
    });
  }

  /** Forgets what has expired. */
  async prune(): Promise<void> {
    await this.pool.transaction(BEGIN, (runner) => new FailureRows(runner).prune());
  }
}

class FailureRows extends PostgresStatements {
  async find(subjects: readonly string[]): Promise<FoundFailures> {
    const rows = await this.all(FIND, subjects);
    return { now: integer(rows[0] ?? {}, "now"), times: rows.map(timesIn) };
  }

  async keep(kept: readonly KeptFailures[]): Promise<void> {
    const [gone, left] = [kept.filter(isEmpty), kept.filter((each) => !isEmpty(each))];
    if (gone.length > 0) {
      await this.run(
        FORGET,
        gone.map(({ subject }) => subject),
      );
    }
    if (left.length > 0) {
      await this.run(
        KEEP,
        left.map(({ subject }) => subject),
        left.map(({ times }) => times.join(" ")),
        left.map(({ isBlocked }) => isBlocked),
      );
    }
  }

  async prune(): Promise<void> {
    await this.run(EXPIRE);
    await this.run(BOUND);
  }
}

function isEmpty({ times }: KeptFailures): boolean {
  return times.length === 0;
}

function timesIn({ times }: Row): readonly number[] {
  return typeof times === "string" ? times.split(" ").map(Number) : [];
}
