import { accessSync, closeSync, constants, openSync, readlinkSync, statSync } from "node:fs";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import type { FileChange } from "./rows/lost-file.ts";

/** The database and the files that SQLite keeps beside it in WAL mode. Losing one loses writes. */
const FILES = ["", "-wal", "-shm"];
const PRIVATE = 0o600;

/** The file that a path names. Undefined if there is none. */
type Identity = string | undefined;

/**
 * Creates the file if it is missing. Returns what was there instead of a database: nothing, or an
 * empty file, of which SQLite makes a new database. Throws an OperatorError if the path names
 * something other than a file.
 */
export function createIfMissing(path: string): "missing" | "empty" | undefined {
  try {
    // Exclusive and private from the start, so that a planted file or link is not used.
    closeSync(openSync(path, "wx", PRIVATE));
    return "missing";
  } catch (error) {
    if (errorCode(error) !== "EEXIST") {
      throw error;
    }
  }
  // Follows links: SQLite would create the target of a link to nothing.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw linkToNothing(path);
  }
  if (!stat.isFile()) {
    throw new OperatorError("this is not a file: DATABASE_URL must name the database file");
  }
  // SQLite would open it for reading alone, and only the first change would fail.
  accessSync(path, constants.R_OK | constants.W_OK);
  return stat.size === 0 ? "empty" : undefined;
}

/** Perhaps the disk is not mounted that has the database: no other one is made. */
function linkToNothing(path: string): OperatorError {
  const target = printable(readlinkSync(path), 4096);
  return new CommandError("failed", `it is a link to ${target}, which does not exist`, {
    fix: "mount what has that file, or correct the link. For a new database, remove the link",
  });
}

/**
 * Checks that a path still names the database that is open. SQLite itself keeps writing to a file
 * that was replaced, moved or deleted, which nobody will open again.
 */
export class DatabaseFile {
  private readonly path: string;
  private readonly main: Identity;
  private identities: readonly Identity[] = [];
  /** Found by the last look. */
  private change: FileChange | undefined;

  /** Call this before the database is opened, so that a swap in between is noticed. */
  constructor(path: string) {
    this.path = path;
    this.main = identity(path);
  }

  /** Call this once the database is open and read. Throws an OperatorError if the file changed. */
  opened(): void {
    this.identities = [this.main, ...FILES.slice(1).map((suffix) => identity(this.path + suffix))];
    const change = this.look();
    if (change !== undefined) {
      throw new OperatorError(`${change.reason} while it was being opened: start the control plane again`);
    }
  }

  /** Checks the files now. */
  look(): FileChange | undefined {
    const changes = FILES.map((suffix, n) => changed(this.path, suffix, this.identities[n]));
    this.change = changes.find((change) => change !== undefined);
    return this.change;
  }

  /** As of the last look. */
  get problem(): string | undefined {
    return this.change?.reason;
  }
}

function changed(path: string, suffix: string, expected: Identity): FileChange | undefined {
  const isMain = suffix === "";
  const name = isMain ? "the database file" : `the database's ${suffix} file`;
  const place = { path: path + suffix, isMain };
  let found: Identity;
  try {
    found = identity(place.path);
  } catch (error) {
    const reason = `${name} cannot be reached (${errorCode(error) ?? "no reason given"})`;
    return { ...place, kind: "unreachable", reason, error };
  }
  if (found === expected) {
    return undefined;
  }
  return found === undefined
    ? { ...place, kind: "gone", reason: `${name} was moved or deleted` }
    : { ...place, kind: "replaced", reason: `${name} was replaced by another` };
}

function identity(path: string): Identity {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino}`;
}
