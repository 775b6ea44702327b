import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { utcTime } from "../../../lib/clock.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorCode } from "../../../lib/errors.ts";
import { processOwner, processUser, writeProblem } from "../../../lib/files/access-problem.ts";
import { makeFolder } from "../../../lib/files/make-folder.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace, shellWord, withSudo } from "../../../lib/shell-word.ts";
import type { Logger } from "../../log/logger.ts";
import { type DatabaseAddress, shownDatabase } from "../../store/address/database-address.ts";
import type { Store, StoreUnavailable } from "../../store/contract/store.ts";
import { cannotOpenDatabase, type OpenedStore, openStore } from "../../store/open/open-store.ts";
import type { RepairedMember } from "../../store/sqlite/migrations/role-repair.ts";

/**
 * Opens the database, and logs what an operator should know of that. Rejects with an OperatorError.
 */
export async function openDatabase(database: DatabaseAddress, logger: Logger): Promise<OpenedStore> {
  const isNewFolder = database.kind === "sqlite" && (await createFolder(dirname(database.path)));
  return openStore(database, {
    created: (was) => warnOfCreation(logger, shownDatabase(database), isNewFolder ? "no folder" : was),
    roleRepaired: (member) => warnOfRole(logger, member),
  });
}

const NOTHING_THERE = {
  missing: (path: string) => `There was no database at ${path}, so a new, empty one was created.`,
  "no folder": (path: string) =>
    `There was no database at ${path}, and no folder for it, so both were created. The database is new and empty.`,
  empty: (path: string) =>
    `The file ${path} was empty (0 bytes), so a new, empty database was created in it.`,
  "no tables": (url: string) => `The database ${url} was empty, so its tables were created.`,
};

function warnOfCreation(logger: Logger, shown: string, was: keyof typeof NOTHING_THERE): void {
  logger.warn(
    { event: "database.created", databasePath: shown },
    `${NOTHING_THERE[was](printable(shown, 4096))} It knows no keys, so executors are refused until keys are created. ` +
      "If you expected your keys here, stop the control plane and set DATABASE_URL to the database that has them",
  );
}

/** A sentence for the time in which a database has no keys. */
export function noteOfNoKeys(database: DatabaseAddress): string {
  const stats = database.kind === "sqlite" ? statSync(database.path, { throwIfNoEntry: false }) : undefined;
  const madeAt = stats?.birthtimeMs ?? 0;
  const made = madeAt > 0 ? `was made at ${utcTime(madeAt)} and ` : "";
  return `The database ${printable(shownDatabase(database), 4096)} ${made}knows no keys at all: is it the right one?`;
}

function warnOfRole(logger: Logger, { organizationSlug, email, role, stored }: RepairedMember): void {
  const command = `novacula-control-plane people add ${shellWord(email)} --role member --org ${organizationSlug}`;
  logger.warn(
    { event: "member.role-repaired", organization: organizationSlug, email: printable(email), role },
    `${printable(email)} is ${role} of organization ${organizationSlug}, ` +
      `because an earlier version stored the invalid role ${stored}. ` +
      `If that is not what you want, run: ${withSudo(command)}`,
  );
}

/** If the file is moved away during the start, SQLite reports it like a failing disk. */
export async function unusable(
  store: Store,
  database: DatabaseAddress,
  error: StoreUnavailable,
): Promise<unknown> {
  const problem = database.kind === "sqlite" ? store.problem() : undefined;
  return cannotOpenDatabase(database, problem === undefined ? error : `${problem.reason}: ${problem.remedy}`);
}

/** Creates a folder with mode 0700; resolves with whether it was missing. */
export async function createFolder(folder: string): Promise<boolean> {
  try {
    return await makeFolder(folder, 0o700);
  } catch (error) {
    const message = `${processUser()} cannot create the folder ${printable(folder, 4096)}`;
    const trouble = ["EPERM", "EROFS"].includes(errorCode(error) ?? "")
      ? writeProblem(nearestFolder(folder), [], "novacula-control-plane")
      : undefined;
    if (trouble !== undefined) {
      throw new CommandError("failed", `${message}: ${trouble.problem}`, { fix: trouble.fix });
    }
    throw new CommandError("failed", message, {
      cause: error,
      fix: inPlace({
        host: `create it, or set another DATABASE_URL or MANAGEMENT_SOCKET:\nsudo install -d -m 0700 -o ${processOwner().replace(":", " -g ")} ${shellWord(folder)}`,
        pod: "mount a volume there, or set another DATABASE_URL or MANAGEMENT_SOCKET",
      }),
    });
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
