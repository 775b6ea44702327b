import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { CommandError } from "../../../../lib/command-line/command-error.ts";
import { errorChain, errorCode, OperatorError } from "../../../../lib/errors.ts";
import { readProblem, writeProblem } from "../../../../lib/files/access-problem.ts";
import { fullDisk, fullDiskIfFull } from "../../../../lib/files/file-system.ts";
import { sentence } from "../../../../lib/sentence.ts";
import { inPlace } from "../../../../lib/shell-word.ts";
import { StoreUnavailable } from "../../contract/store.ts";
import { strangeFile } from "./strange-file.ts";

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

const LOCKED = "another program holds its lock: stop that program";
const LOG_OF_HOST = { host: "(sudo dmesg)", pod: "of the Kubernetes node" };
const NO_ACCESS =
  "the user that the control plane runs as must be able to read and write the file and its folder";

const SERVICE = "novacula-control-plane";
/** What SQLite keeps beside a database. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** What is wrong at `path`, if it can be seen there, and the remedy for SQLite's primary code. */
function troubleOf(
  code: number,
  path: string,
): { readonly problem?: string; readonly fix: string } | undefined {
  switch (code) {
    case 3:
    case 8:
    case 14:
      return writeTrouble(path) ?? readProblem(path) ?? fullDiskIfFull(path) ?? { fix: NO_ACCESS };
    case 5:
    case 6:
      return { fix: LOCKED };
    // Without room for the files beside a database, SQLite fails to open it with 10 or 14, not 13.
    case 10:
      return (
        fullDiskIfFull(path) ?? {
          fix: `look for disk errors in the kernel log ${inPlace(LOG_OF_HOST)}; if the disk is sound, the file is damaged: restore a backup`,
        }
      );
    case 11:
    case 26: {
      const problem = strangeFile(path);
      return problem === undefined ? { fix: DAMAGE_REMEDY } : { problem, fix: DAMAGE_REMEDY };
    }
    case 13:
      return fullDisk(path);
    default:
      return undefined;
  }
}

/** One sentence or two, for the log; undefined if there is no remedy. */
function remedyOf(code: number, path: string): string | undefined {
  const trouble = troubleOf(code, path);
  if (trouble === undefined) {
    return undefined;
  }
  const { problem, fix } = trouble;
  return problem === undefined ? `Fix: ${fix}` : `${sentence(problem)} Fix: ${fix}`;
}

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
  const trouble = code === undefined ? accessTrouble(path, error) : troubleOf(code, path);
  if (error instanceof CommandError) {
    return new CommandError(error.code, `cannot open the database ${path}: ${error.message}`, {
      fix: error.fix,
    });
  }
  if (trouble === undefined) {
    return new OperatorError(`cannot open the database ${path}`, { cause: error });
  }
  const { problem = errorChain(error), fix } = trouble;
  return new CommandError("failed", `cannot open the database ${path}: ${problem}`, { fix });
}

/** SQLite writes beside the file to which a link leads. */
function writeTrouble(path: string) {
  const real = realPath(path);
  return writeProblem(
    dirname(real),
    BESIDE.map((suffix) => real + suffix),
    SERVICE,
  );
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** What is in the way if the system itself refuses the file, which SQLite may not even see. */
export function accessTrouble(path: string, error: unknown) {
  const isRefusal = ["EACCES", "EPERM", "EROFS"].includes(errorCode(error) ?? "");
  if (errorCode(error) === "ENOSPC" || errorCode(error) === "EDQUOT") {
    return fullDisk(path);
  }
  // A folder above it that this user may not enter hides even whose the file is.
  return isRefusal ? (writeTrouble(path) ?? readProblem(path)) : undefined;
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
  if (code !== undefined && reason !== undefined) {
    return new StoreUnavailable(reason, { cause: error, remedy: () => remedyHere(code, database) });
  }
  // node:sqlite throws this after close().
  if (errorCode(error) === "ERR_INVALID_STATE") {
    return new StoreUnavailable("the database is closed", { cause: error });
  }
  return error;
}

function remedyHere(code: number, database: DatabaseSync): string | undefined {
  const path = database.isOpen ? database.location() : null;
  return path === null ? undefined : remedyOf(code, path);
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) {
    return undefined;
  }
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
