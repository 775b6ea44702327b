import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { shellWord, withSudo } from "../../../lib/shell-word.ts";
import { type DatabaseAddress, parseDatabaseUrl } from "../../store/address/database-address.ts";
import type { PostgresAddress } from "../../store/address/postgres-address.ts";

export interface TargetOptions {
  readonly to?: string;
  readonly toFile?: string;
}

/** Where to move to. Throws a CommandError without the URL, which may hold a password. */
export function readTarget({ to, toFile }: TargetOptions): PostgresAddress {
  if ((to === undefined) === (toFile === undefined)) {
    const problem = to === undefined ? "the target is missing" : "--to and --to-file name the target twice";
    throw new CommandError("usage", problem, {
      fix: "name a file that has its URL with --to-file, or the URL with --to",
    });
  }
  const place = to === undefined ? `the URL in ${printable(toFile, 4096)}` : "the URL of --to";
  const database = addressOf(to ?? urlIn(absolutePath(toFile ?? "")), place);
  if (database.kind !== "postgres") {
    throw new CommandError("usage", `${place} names an SQLite file`, {
      fix: "move to a PostgreSQL database, such as postgres://novacula@db.example.com/novacula",
    });
  }
  return database.address;
}

/** The SQLite file that `--from` names. */
export function readSource(url: string): string {
  const database = addressOf(url, "the URL of --from");
  return requireSqlite(database, "--from");
}

export function requireSqlite(database: DatabaseAddress, what: string): string {
  if (database.kind === "sqlite") {
    return database.path;
  }
  throw new CommandError("usage", `${what} names a PostgreSQL database`, {
    fix: "name the SQLite file with --from, such as --from file:/var/lib/novacula-control-plane/control-plane.db",
  });
}

function addressOf(url: string, place: string): DatabaseAddress {
  const parsed = parseDatabaseUrl(url);
  if ("problem" in parsed) {
    throw new CommandError("usage", `${place} ${parsed.problem}`);
  }
  return parsed.found;
}

/** Of a file that has only the URL, or of an environment file with DATABASE_URL. */
function urlIn(path: string): string {
  const lines = readPrivate(path)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const set = lines.flatMap((line) => /^(?:export\s+)?DATABASE_URL=(.*)$/u.exec(line)?.[1] ?? []);
  const [only, ...others] = lines;
  const url = set.at(-1) ?? (others.length === 0 ? only : undefined);
  if (url === undefined) {
    throw new CommandError("usage", `${printable(path, 4096)} has no URL of a database`, {
      fix: "write the URL alone into it, or a line DATABASE_URL=postgres://…",
    });
  }
  return url.replace(/^(["'])(.*)\1$/u, "$2");
}

/** The text of a file that only its owner may read. */
function readPrivate(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const mode = fstatSync(file).mode & 0o7777;
      if ((mode & 0o077) !== 0) {
        const problem = `others may read ${printable(path, 4096)} (mode ${mode.toString(8).padStart(4, "0")}), and it may have a password`;
        throw new CommandError("refused", problem, { fix: withSudo(`chmod 0600 ${shellWord(path)}`) });
      }
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw error instanceof CommandError
      ? error
      : new CommandError("failed", `cannot read ${printable(path, 4096)}`, { cause: error });
  }
}
