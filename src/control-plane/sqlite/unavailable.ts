import { errorCode } from "../../lib/errors.ts";
import { StoreUnavailable } from "../store.ts";

/**
 * SQLite's primary result codes (sqlite.org/rescode.html) that are the machine's trouble, and not a bug of ours: an
 * SQLITE_ERROR, SQLITE_CONSTRAINT or SQLITE_MISUSE stays what it is.
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

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** `error` as `StoreUnavailable` where it is one; everything else as it came. */
export function asStoreError(error: unknown): unknown {
  const code = primaryCode(error);
  const reason = code === undefined ? undefined : UNAVAILABLE.get(code);
  if (reason !== undefined) return new StoreUnavailable(reason, { cause: error });
  // node:sqlite after close(): the connection or its statement has gone.
  if (errorCode(error) === "ERR_INVALID_STATE")
    return new StoreUnavailable("the database is closed", { cause: error });
  return error;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
