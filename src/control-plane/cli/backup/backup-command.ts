import { linkSync, mkdtempSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Argument, type Command } from "commander";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorCode } from "../../../lib/errors.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { type AccessProblem, readProblem, writeProblem } from "../../../lib/files/access-problem.ts";
import { fullDisk } from "../../../lib/files/file-system.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace } from "../../../lib/shell-word.ts";
import { type CommonOptions, jsonOption, print } from "../management/options.ts";
import { backedUpDatabase } from "./backed-up-database.ts";

const BUSY_LIMIT_MS = 10_000;
/** sqlite.org/rescode.html */
const SQLITE_FULL = 13;
const DENIALS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);

export function backupCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "backup",
    group: "Service:",
    summary: "copy the database to a new file",
    description:
      "Copies the SQLite database to a new file, whether the control plane runs or not. The copy is the state of one moment, complete and checked, and only its owner can read it. DATABASE_URL names the database, as for serve. A PostgreSQL database has pg_dump for that.",
    arguments: [new Argument("<file>", "where to; the file must not exist yet")],
    options: [jsonOption()],
    notes: `The folder must be yours or root's, and nobody else may be able to replace files in it.

To restore a copy: stop the control plane, move the copy to the place of the database, remove the
files beside it that end in -wal and -shm, and start the control plane.`,
    examples: [
      {
        command: "sudo novacula-control-plane backup /var/backups/control-plane-$(date +%F).db",
        does: "with the date in its name",
      },
    ],
    action(file: string, options: CommonOptions) {
      const path = absolutePath(file);
      const database = backedUpDatabase(terminal.environment, path);
      const sizeBytes = backup(database, path);
      const text = `Backed up ${printable(database, 4096)} to ${printable(path, 4096)}, ${sizeBytes} bytes, checked.\n`;
      print<"backup">(terminal, options, { value: { backup: { file: path, database, sizeBytes } }, text });
    },
  });
}

/**
 * Copies the database, and returns the size of the copy.
 *
 * Uses VACUUM INTO: one read transaction, which blocks no writer (sqlite.org/lang_vacuum.html).
 * SQLite's page-by-page backup would start again at each write of the running control plane.
 */
function backup(databasePath: string, file: string): number {
  const mask = process.umask(0o077);
  let place: string | undefined;
  try {
    requireTrusted(dirname(file));
    // A new folder with mode 0700: nobody can have put a file or a link in the place of the copy.
    place = mkdtempSync(join(dirname(file), ".backup-"));
    const copy = join(place, "copy.db");
    copyDatabase(databasePath, copy);
    requireSound(copy);
    // Not a rename, which would replace an existing file.
    linkSync(copy, file);
    return statSync(copy).size;
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      throw new CommandError("failed", `${printable(file, 4096)} exists already`, {
        fix: "name a file that does not exist yet",
      });
    }
    const message = `cannot back up the database ${databasePath} to ${printable(file, 4096)}`;
    const cause = error instanceof CommandError ? error : (writeTrouble(file, error) ?? error);
    const { code, fix } = cause instanceof CommandError ? cause : { code: "failed" as const, fix: undefined };
    throw new CommandError(code, message, { cause, fix });
  } finally {
    removeIfPossible(place);
    process.umask(mask);
  }
}

/** In an append-only folder (chattr +a), it stays without the copy: names there cannot go. */
function removeIfPossible(place: string | undefined): void {
  try {
    rmSync(place ?? "", { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) !== "EPERM") {
      throw error;
    }
  }
}

/** Throws a CommandError if somebody else could replace files in the folder. */
function requireTrusted(folder: string): void {
  const stats = statIfThere(folder);
  if (stats === undefined) {
    throw new CommandError("failed", `there is no folder ${folder}`, { fix: "create it, or name another" });
  }
  const { uid, gid, mode } = stats;
  const [ownUid, ownGid] = [process.getuid?.(), process.getgid?.()];
  const isOwnersAlone = (mode & 0o002) === 0 && ((mode & 0o020) === 0 || gid === ownGid);
  const isSticky = (mode & 0o1000) !== 0;
  if ((uid === 0 || uid === ownUid) && (isOwnersAlone || isSticky)) {
    return;
  }
  const problem = `others may replace files in ${folder} (owner ${uid}, mode ${(mode & 0o7777).toString(8)})`;
  throw new CommandError("failed", problem, {
    fix: "name a folder that belongs to you or to root, and that nobody else may write to",
  });
}

function copyDatabase(databasePath: string, file: string): void {
  if (statIfThere(databasePath) === undefined) {
    throw new CommandError("failed", "there is no database", {
      fix: "set DATABASE_URL to the database of the control plane",
    });
  }
  const refused = readProblem(databasePath);
  if (refused !== undefined) {
    throw denied(refused);
  }
  using database = new DatabaseSync(databasePath, { readOnly: true, timeout: BUSY_LIMIT_MS });
  database.prepare("vacuum into ?").run(file);
}

/** Undefined if it does not exist. A folder that this user may not enter hides whether it does. */
function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const refused = readProblem(path);
    throw refused === undefined ? error : denied(refused);
  }
}

/** A person who makes a backup needs other rights, and not other modes. Root has them all. */
function denied({ problem, fix }: AccessProblem): CommandError {
  const isRoot = process.geteuid?.() === 0;
  return new CommandError("no_permission", problem, {
    fix: isRoot ? fix : inPlace({ host: "put sudo in front of the command", pod: fix }),
  });
}

/** Why the copy could not be written; undefined if the error says it well enough itself. */
function writeTrouble(file: string, error: unknown): CommandError | undefined {
  const isFull = error instanceof Error && "errcode" in error && error.errcode === SQLITE_FULL;
  const code = errorCode(error) ?? "";
  if (isFull || code === "ENOSPC" || code === "EDQUOT") {
    const { problem, fix } = fullDisk(file);
    return new CommandError("failed", problem, { fix });
  }
  const refused = DENIALS.has(code) ? writeProblem(dirname(file), [], "novacula-control-plane") : undefined;
  return refused && denied(refused);
}

function requireSound(file: string): void {
  using copy = new DatabaseSync(file, { readOnly: true });
  const [answer] = copy.prepare("pragma integrity_check(1)").all();
  if (answer?.["integrity_check"] !== "ok") {
    throw new Error(`the copy is damaged: ${answer?.["integrity_check"]}`);
  }
}
