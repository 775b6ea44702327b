import type { DatabaseSync } from "node:sqlite";
import { errorChain, errorCode, OperatorError } from "../../../../lib/errors.ts";
import { StoreUnavailable } from "../../contract/store.ts";

/**
 * SQLite's primary result codes (sqlite.org/rescode.html) for trouble with the machine. Others,
 * such as SQLITE_ERROR, SQLITE_CONSTRAINT and SQLITE_MISUSE, are bugs of ours.
 */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [3, "access to the database was denied"],
  [5, "the database is busy"],
  [6, "the database is locked"],
  [8, "the database is read-only"],
  [10, "the disk failed"],
  [11, "the database is damaged"],
  [13, "the disk is full"],
  [14, "the database cannot be opened"],
  [15, "the database's lock protocol failed"],
  [26, "the file is not a database"],
]);

const BUSY = 5;
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

export const DAMAGE_REMEDY =
  "stop the control plane and restore a backup (novacula-control-plane backup makes them), or save what is readable: " +
  'sqlite3 DAMAGED.db .recover | sqlite3 NEW.db (from the package "sqlite3")';

/** Remedies, by SQLite's primary result code. */
const REMEDIES: ReadonlyMap<number, string> = new Map([
  [3, "the file and its folder must belong to the user that the control plane runs as"],
  [5, "another program holds its lock: stop that program"],
  [6, "another program holds its lock: stop that program"],
  [8, "the user that the control plane runs as must be able to write the file and its folder"],
  [
    10,
    "look for disk errors in the kernel log (sudo dmesg); if the disk is sound, the file is damaged: restore a backup",
  ],
  [11, DAMAGE_REMEDY],
  [13, "free some space on the disk"],
  [14, "the user that the control plane runs as must be able to read and write the file and its folder"],
  [26, DAMAGE_REMEDY],
]);

/** Connections that have met damage. A row they do not find may exist nevertheless. */
const damaged = new WeakSet<DatabaseSync>();

export function isDamaged(database: DatabaseSync): boolean {
  return damaged.has(database);
}

/**
 * Why the database at `path` cannot be used, with the remedy. `error` is SQLite's or the system's.
 */
export function cannotOpen(path: string, error: unknown): OperatorError {
  const code = primaryCode(error) ?? primaryCode(error instanceof Error ? error.cause : undefined);
  const remedy = code === undefined ? undefined : REMEDIES.get(code);
  const cause = remedy === undefined ? error : new Error(`${errorChain(error)}: ${remedy}`);
  return new OperatorError(`cannot open the database ${path}`, { cause });
}

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/**
 * Turns an error of SQLite into `StoreUnavailable` if it is trouble with the machine, and returns
 * others unchanged. Remembers damage that `database` met.
 */
export function asStoreError(error: unknown, database: DatabaseSync): unknown {
  const code = primaryCode(error);
  if (code !== undefined && DAMAGED.has(code)) {
    damaged.add(database);
  }
  const reason = code === undefined ? undefined : UNAVAILABLE.get(code);
  if (reason !== undefined) {
    return new StoreUnavailable(reason, { cause: error });
  }
  // node:sqlite throws this after close().
  if (errorCode(error) === "ERR_INVALID_STATE") {
    return new StoreUnavailable("the database is closed", { cause: error });
  }
  return error;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) {
    return undefined;
  }
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
