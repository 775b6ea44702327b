import { closeSync, openSync, statSync } from "node:fs";
import { errorCode, OperatorError } from "../../../lib/errors.ts";

/**
 * The database, and what SQLite keeps beside it in WAL mode: without them, or with others, what was
 * written is lost.
 */
const FILES = ["", "-wal", "-shm"];
const PRIVATE = 0o600;

/** What a path names; undefined where there is nothing. */
type Identity = string | undefined;

/**
 * Makes an empty file where there is none; whether it did, or found an empty one, which SQLite
 * takes for a new database. Rejects with an OperatorError where something else is in the way.
 */
export function createIfMissing(path: string): boolean {
  try {
    // Ours from the first moment: nobody's file or link is taken for the new one.
    closeSync(openSync(path, "wx", PRIVATE));
    return true;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") {
      throw error;
    }
  }
  // A link to nothing is "there", too: SQLite would make what it names.
  const stat = statSync(path);
  if (!stat.isFile()) {
    throw new OperatorError("this is no file: let DATABASE_URL name the file of the database");
  }
  return stat.size === 0;
}

/**
 * Whether a path still names the database that is open: SQLite itself goes on writing to a file
 * that was replaced, moved or deleted, and nobody would ever open it again.
 */
export class DatabaseFile {
  private readonly path: string;
  private readonly main: Identity;
  private identities: readonly Identity[] = [];
  /** What was found the last time; it names no path, since outsiders read it. */
  problem: string | undefined;

  /** Before the database is opened, so that a swap in between is noticed. */
  constructor(path: string) {
    this.path = path;
    this.main = identity(path);
  }

  /**
   * After it is open and has been read. Throws an OperatorError where it is not the same file any
   * more.
   */
  opened(): void {
    this.identities = [this.main, ...FILES.slice(1).map((suffix) => identity(this.path + suffix))];
    const problem = this.look();
    if (problem !== undefined) {
      throw new OperatorError(`${problem} while it was opened: start again`);
    }
  }

  /** Looks anew: one sentence where something has changed. */
  look(): string | undefined {
    const changes = FILES.map((suffix, n) => changed(this.path, suffix, this.identities[n]));
    this.problem = changes.find((change) => change !== undefined);
    return this.problem;
  }
}

function changed(path: string, suffix: string, expected: Identity): string | undefined {
  const name = suffix === "" ? "the database file" : `the database's ${suffix} file`;
  let found: Identity;
  try {
    found = identity(path + suffix);
  } catch (error) {
    return `${name} cannot be looked for (${errorCode(error) ?? "no reason given"})`;
  }
  if (found === expected) {
    return undefined;
  }
  return found === undefined ? `${name} was moved or deleted` : `${name} was replaced by another`;
}

function identity(path: string): Identity {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino}`;
}
