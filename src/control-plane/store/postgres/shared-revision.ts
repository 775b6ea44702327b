import { setTimeout as pause } from "node:timers/promises";
import type { LookupChange } from "../contract/lookup-changes.ts";
import { type StoreProblem, StoreUnavailable } from "../contract/store.ts";
import { Cells } from "../rows/cells.ts";
import { integer, type Row } from "../rows/row.ts";
import type { KeptConnection } from "./connection/kept-connection.ts";
import { PROGRAM_VERSION } from "./migrations/migrations.ts";

const MAX_KEPT = 10_000;
/**
 * Between the beginnings of two reads. Without it, nearly every sync would have a read of its own:
 * the server answers one before the next sync comes. A read costs both sides a round trip, whatever
 * it asks for; at 2,000 syncs a second, 40 share one.
 */
const APART_MS = 20;
/** Of the first read of a connection, which looks for no changes. */
const LAST = Number.MAX_SAFE_INTEGER;

/** The version is no join: the server takes a table of one row for 2,200 until it is analyzed. */
const READ = `
  select r.n, r."prunedTo", pg_is_in_recovery() as standby,
    (select v."oldestProgram" from "schemaVersion" v) as "oldestProgram", c.n as "changedAt", c.kind, c.id
  from revision r left join change c on c.n > $1::bigint and c.n <= r.n order by c.n`;

/** A later release has changed the database so that this one must not go on. */
const TOO_OLD: StoreProblem = {
  reason: "the database is for a newer release of the control plane",
  detail: `This one supports it only up to version ${PROGRAM_VERSION}.`,
  remedy: "install the release that the other control planes on the database have",
};

interface NumberedChange extends LookupChange {
  readonly n: number;
}

/**
 * Reads the revision for all callers that wait at the same time. A caller gets a read that began
 * after they came, so they see everything that was committed before. A caller who comes right after
 * the beginning of a read waits up to `APART_MS` for the next.
 */
export class SharedRevision {
  private readonly connection: KeptConnection;
  private running: Promise<string> | undefined;
  private next: Promise<string> | undefined;
  private beganAtMs = Number.NEGATIVE_INFINITY;
  private session = 0;
  private isTooOld = false;
  private known = LAST;
  /** Every change after `since`, up to `known`, oldest first. */
  private changes: NumberedChange[] = [];
  private since = LAST;

  constructor(connection: KeptConnection) {
    this.connection = connection;
  }

  /** The number of the connection and that of the last change. Rejects with `StoreUnavailable`. */
  get(): Promise<string> {
    const waitMs = Math.max(0, this.beganAtMs + APART_MS - performance.now());
    if (this.running === undefined && this.next === undefined && waitMs === 0) {
      return this.begin();
    }
    this.next ??= Promise.allSettled([this.running, pause(waitMs)]).then(() => this.begin());
    return this.next;
  }

  /** What was changed between two values of `get()`; undefined if that is not known any more. */
  between(from: string, to: string): readonly LookupChange[] | undefined {
    const [session, after] = parts(from);
    const [laterSession, upTo] = parts(to);
    if (session !== laterSession || laterSession !== this.session || after < this.since || upTo < after) {
      return undefined;
    }
    return this.changes.filter(({ n }) => n > after && n <= upTo);
  }

  /** As of the last read. */
  get problem(): StoreProblem | undefined {
    return this.isTooOld ? TOO_OLD : undefined;
  }

  /** Throws `StoreUnavailable` if there was a `problem` at the last read. */
  requireServed(): void {
    if (this.isTooOld) {
      throw new StoreUnavailable(TOO_OLD.reason, {
        remedy: () => `${TOO_OLD.detail} Fix: ${TOO_OLD.remedy}`,
      });
    }
  }

  private begin(): Promise<string> {
    this.beganAtMs = performance.now();
    const read = this.read();
    this.running = read;
    this.next = undefined;
    const ended = () => {
      if (this.running === read) {
        this.running = undefined;
      }
    };
    read.then(ended, ended);
    return read;
  }

  private async read(): Promise<string> {
    const session = await this.connection.session();
    // A new connection may lead to another server, after a failover that lost the last changes.
    const known = session.number === this.session ? this.known : LAST;
    const { rows } = await session.query(READ, [known], "revision");
    const [first] = rows;
    if (first === undefined) {
      throw new StoreUnavailable("the database is damaged", {
        remedy: () => "The row of the table revision is missing. Fix: restore a backup",
      });
    }
    if (integer(first, "standby") !== 0) {
      throw new StoreUnavailable("the database is read-only", {
        remedy: () => "The server is a standby now. Fix: let DATABASE_URL name the primary",
      });
    }
    this.isTooOld = integer(first, "oldestProgram") > PROGRAM_VERSION;
    this.requireServed();
    this.keep(session.number, known, first, rows);
    return `${session.number} ${this.known}`;
  }

  private keep(session: number, known: number, first: Row, rows: readonly Row[]): void {
    const n = integer(first, "n");
    const before = this.known;
    const isGap = known === LAST || n < known || integer(first, "prunedTo") > known;
    if (isGap || this.changes.length > MAX_KEPT) {
      this.changes = [];
      this.since = isGap ? n : known;
    }
    this.session = session;
    this.known = n;
    if (!isGap) {
      const found = rows.filter((row) => row["changedAt"] !== null).map(changeIn);
      this.changes.push(...found.filter((change) => change.n > before));
    }
  }
}

function changeIn(row: Row): NumberedChange {
  const cells = new Cells(row);
  const kind = cells.wordOrUndefined("kind", ["key", "executor", "nodes"] as const) ?? "all";
  return { n: integer(row, "changedAt"), kind, id: cells.text("id") };
}

function parts(revision: string): readonly [session: number, n: number] {
  const [session, n] = revision.split(" ");
  return [Number(session ?? Number.NaN), Number(n ?? Number.NaN)];
}
