import { CommandError } from "../../../lib/command-line/command-error.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { databaseOf, type Environment } from "../../settings/settings.ts";
import { readServiceEnvironment } from "../../settings/variable-source.ts";
import { dumpCommand } from "./dump-command.ts";

/**
 * The path of the SQLite database that `backup` copies to `file`. Throws a CommandError for a
 * PostgreSQL database, whose own tool is better, and if nobody named a database and the service of
 * this host has another one than the default: after a move, that is a file which nobody writes.
 */
export function backedUpDatabase(
  environment: Environment,
  file: string,
  readService: () => { readonly databaseUrl: string | undefined } = readServiceEnvironment,
): string {
  const named = sqlitePath(environment, file);
  const ofService = readService().databaseUrl;
  if ((environment["DATABASE_URL"] ?? "") === "" && ofService !== undefined) {
    const path = sqlitePath({ DATABASE_URL: ofService }, file);
    if (path !== named) {
      throw otherDatabase(path, file);
    }
  }
  return named;
}

function sqlitePath(environment: Environment, file: string): string {
  const database = databaseOf(environment);
  if (database.kind === "sqlite") {
    return absolutePath(database.path);
  }
  const { address } = database;
  const who = address.host.startsWith("/")
    ? ""
    : ", as anybody who may read the database; it asks for the password";
  throw new CommandError("refused", "a PostgreSQL database is backed up with its own tool, pg_dump", {
    fix: `run it${who}:\n${dumpCommand(address, file)}`,
  });
}

function otherDatabase(path: string, file: string): CommandError {
  const setting = shellWord(`DATABASE_URL=file:${path}`);
  const command = `env ${setting} novacula-control-plane backup ${shellWord(file)}`;
  return new CommandError("refused", `the service has another database, ${printable(path, 4096)}`, {
    fix: `name it:\n${asRoot(command)}`,
  });
}
