import { createHash } from "node:crypto";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { OperatorError } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import type { PostgresAddress } from "../address/postgres-address.ts";
import { StoreUnavailable } from "../contract/store.ts";
import { connectOnce, type OneConnection } from "../postgres/connection/one-connection.ts";
import { commit } from "../postgres/connection/statements.ts";
import { migrate } from "../postgres/migrations/migrations.ts";
import { cannotOpen } from "../postgres/open.ts";
import type { CanonicalRow } from "./canonical-row.ts";
import { requireUnused } from "./database-users.ts";
import { type DamagedRow, MovableRows, type TablePlan } from "./movable-rows.ts";
import { MOVED_TABLES, type MovedTable } from "./moved-tables.ts";
import { MoveSource } from "./source.ts";
import { MoveTarget } from "./target.ts";

const STATEMENT_MS = 600_000;
const BATCH_ROWS = 500;
const MAX_NAMED = 20;
export const LEAVE_OUT = "--leave-out-damaged";

export interface MoveOptions {
  /** Moves the other rows if some are damaged. Without it, nothing is moved then. */
  readonly leavesOutDamaged: boolean;
  readonly progress: MoveProgress;
}

/** Told of each batch of rows, and of what else takes long. At first, `total` is not known. */
export type MoveProgress = (
  step: "looking at" | "copying" | "checking",
  what: string,
  rows?: number,
  total?: number,
) => void;

interface Moved {
  readonly tables: MovedCount[];
  /** Damaged rows and those that refer to them. */
  readonly leftOut: DamagedRow[];
}

interface MovedCount {
  readonly name: string;
  readonly rows: number;
  /** SHA-256 of its rows, in hex: the same of both databases. */
  readonly digest: string;
}

/**
 * Copies the SQLite database at `path` to an empty PostgreSQL database, and compares each row
 * before the commit: all or nothing. The source is only read. Rejects with an OperatorError.
 */
export async function moveToPostgres(
  path: string,
  address: PostgresAddress,
  options: MoveOptions,
): Promise<Moved> {
  requireUnused(path);
  const connection = await connectOnce(address, STATEMENT_MS).catch((error) => {
    throw cannotOpen(address, error);
  });
  try {
    return await move(path, connection, options);
  } catch (error) {
    const repeat = error instanceof StoreUnavailable ? ", and the command can be run again" : "";
    const message = `nothing was moved to ${address}${repeat}`;
    throw error instanceof CommandError ? error : cannotOpen(address, error, message);
  } finally {
    await connection.end();
  }
}

async function move(path: string, { runner }: OneConnection, options: MoveOptions): Promise<Moved> {
  const target = new MoveTarget(runner);
  // First, because a look at a large file takes many seconds.
  await target.requireUnused();
  options.progress("looking at", "the file");
  using source = new MoveSource(path);
  await migrate(runner);
  const plans = await plansOf(target);
  const rows = new MovableRows(source, plans);
  const { leftOut, counts } = survey(rows, plans, options);
  const progressOf = ({ table }: TablePlan): MoveProgress => {
    return (step, what, count) => options.progress(step, what, count, counts.get(table));
  };
  await target.begin();
  for (const plan of plans) {
    await copy(rows, target, plan, progressOf(plan));
  }
  const tables: MovedCount[] = [];
  for (const plan of plans) {
    tables.push(await compare(rows, target, plan, progressOf(plan)));
  }
  await target.finish();
  requireUnused(source.path);
  if (source.isChanged) {
    throw new CommandError("failed", "the source was changed while it was copied", {
      fix: "stop what writes to it, and run the command again",
    });
  }
  await commitMove(runner);
  // So that the first statements are planned well. PostgreSQL does it by itself within minutes.
  await runner.query("analyze", []).catch(() => undefined);
  return { tables, leftOut };
}

async function plansOf(target: MoveTarget): Promise<readonly TablePlan[]> {
  const references = await target.references();
  const plans: TablePlan[] = [];
  for (const table of MOVED_TABLES) {
    const columns = await target.columns(table);
    plans.push({ table, columns, references: references.get(table.name) ?? [] });
  }
  return plans;
}

interface Survey {
  readonly leftOut: DamagedRow[];
  /** Of the rows that can be moved. */
  readonly counts: ReadonlyMap<MovedTable, number>;
}

/** Looks at all rows before any is written. Throws a CommandError that names the damaged ones. */
function survey(rows: MovableRows, plans: readonly TablePlan[], options: MoveOptions): Survey {
  const damaged: DamagedRow[] = [];
  const counts = new Map<MovedTable, number>();
  for (const plan of plans) {
    let count = 0;
    for (const _row of rows.of(plan, (row) => damaged.push(row))) {
      count += 1;
      if (count % BATCH_ROWS === 0) {
        options.progress("looking at", plan.table.name, count);
      }
    }
    counts.set(plan.table, count);
  }
  if (damaged.length > 0 && !options.leavesOutDamaged) {
    throw new CommandError(
      "refused",
      `${damaged.length === 1 ? "a row of the source is" : `${damaged.length} rows of the source are`} damaged:\n${describeRows(damaged)}`,
      {
        fix: `restore a backup from before the damage, or repair or delete what they belong to with the control plane on the source, or move everything else with ${LEAVE_OUT}`,
      },
    );
  }
  return { leftOut: damaged, counts };
}

/** One line for each row, for people. */
export function describeRows(rows: readonly DamagedRow[]): string {
  const lines = rows
    .slice(0, MAX_NAMED)
    .map(({ table, id, columns }) => `  ${table} ${printable(id)}: ${columns.join(", ")}`);
  const more = rows.length - MAX_NAMED;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}

async function copy(
  rows: MovableRows,
  target: MoveTarget,
  plan: TablePlan,
  progress: MoveProgress,
): Promise<void> {
  const { table, columns } = plan;
  let count = 0;
  let batch: CanonicalRow[] = [];
  const write = async () => {
    await target.insert(table, columns, batch).catch((error) => {
      throw error instanceof StoreUnavailable ? error : refusedRow(table.name, error);
    });
    count += batch.length;
    batch = [];
    progress("copying", table.name, count);
  };
  for (const row of rows.of(plan)) {
    batch.push(row);
    if (batch.length === BATCH_ROWS) {
      await write();
    }
  }
  if (batch.length > 0) {
    await write();
  }
}

function refusedRow(table: string, cause: unknown): CommandError {
  const message = `nothing was moved: the target refused rows of ${table}`;
  return new CommandError("failed", message, { cause, fix: "restore a backup of the source that is sound" });
}

/** Reads the table from both databases, side by side. */
async function compare(
  rows: MovableRows,
  target: MoveTarget,
  plan: TablePlan,
  progress: MoveProgress,
): Promise<MovedCount> {
  const { name } = plan.table;
  const hash = createHash("sha256");
  const expected = rows.of(plan);
  let count = 0;
  for await (const row of target.rows(plan.table, plan.columns)) {
    const text = JSON.stringify(row);
    const { value } = expected.next();
    if (JSON.stringify(value) !== text) {
      throw differs(name, count + 1);
    }
    hash.update(`${text}\n`);
    count += 1;
    if (count % BATCH_ROWS === 0) {
      progress("checking", name, count);
    }
  }
  if (expected.next().done !== true) {
    throw differs(name, count + 1);
  }
  return { name, rows: count, digest: hash.digest("hex") };
}

function differs(table: string, row: number): OperatorError {
  return new OperatorError(`row ${row} of ${table} was read back from the target in another form`);
}

/** If the answer to a commit is lost, nobody knows whether it was made. */
async function commitMove(runner: OneConnection["runner"]): Promise<void> {
  try {
    await commit(runner);
  } catch (error) {
    throw error instanceof StoreUnavailable
      ? new CommandError(
          "no_answer",
          "the connection was lost at the end, so it is not known whether all was moved",
          {
            cause: error,
            fix: "run the command again: if it says that the target is not empty, everything is there",
          },
        )
      : error;
  }
}
