import { DatabaseError } from "pg";
import { errorCode } from "../../../../lib/errors.ts";
import { printable } from "../../../../lib/printable.ts";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import { type StoreProblem, StoreUnavailable } from "../../contract/store.ts";
import { troubleOf } from "./trouble.ts";

/** Two transactions waited for each other, and this one was ended. Once more, it may succeed. */
export class LockConflict extends StoreUnavailable {}

const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01"]);

/**
 * Turns an error of the driver into `StoreUnavailable` if the server cannot answer. Another one is
 * a bug: it loses what the server quotes of rows and parameters, because bugs are logged.
 */
export function asStoreError(error: unknown, address: PostgresAddress): unknown {
  if (error instanceof StoreUnavailable) {
    return error;
  }
  const trouble = troubleOf(error, address);
  if (trouble !== undefined) {
    const Failure = CONFLICTS.has(errorCode(error) ?? "") ? LockConflict : StoreUnavailable;
    return new Failure(trouble.reason, { cause: plain(error), remedy: () => sentences(trouble) });
  }
  return error instanceof DatabaseError ? plain(error) : error;
}

function sentences({ detail, remedy }: StoreProblem): string {
  return detail === undefined ? `Fix: ${remedy}` : `${detail} Fix: ${remedy}`;
}

function plain(error: unknown): Error {
  const code = errorCode(error);
  const message = error instanceof Error ? printable(error.message, 300) : "no reason given";
  const bare = new Error(code === undefined ? message : `${message} (${code})`);
  if (error instanceof Error && error.stack !== undefined) {
    bare.stack = error.stack;
  }
  return bare;
}
