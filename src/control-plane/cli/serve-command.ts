import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import type { Logger } from "pino";
import { systemClock } from "../../lib/clock.ts";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { environmentHelp } from "../../lib/command-line/environment-variable.ts";
import { shutdownSignal } from "../../lib/command-line/shutdown.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { OperatorError } from "../../lib/errors.ts";
import { isLoopbackHost } from "../../lib/loopback.ts";
import { printable } from "../../lib/printable.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { VERSION } from "../../lib/version.ts";
import { ErrorDisclosure } from "../http/error-disclosure.ts";
import { routeLibraryOutput } from "../log/library-output.ts";
import { createLog } from "../log/log.ts";
import { withoutOwner } from "../organizations/organizations.ts";
import { type ControlPlaneServer, createServer, type ServerDeps } from "../server.ts";
import { ENVIRONMENT_VARIABLES, readSettings, type Settings, SettingsError } from "../settings.ts";
import { type Store, StoreUnavailable } from "../store/contract/store.ts";
import { startCheckpoints } from "../store/sqlite/checkpoints.ts";
import type { RepairedMember } from "../store/sqlite/migrations/role-repair.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { cannotOpen } from "../store/sqlite/rows/unavailable.ts";
import type { SqliteStore } from "../store/sqlite/store.ts";
import { watchStore } from "../store/store-watch.ts";

/** After a bug, the program may be unable to shut down. It is killed after this time, ms. */
const CRASH_LIMIT_MS = 10_000;

export function serveCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "serve",
    group: "Service:",
    summary: "run the control plane; this is what the service does",
    description:
      "Runs the control plane until SIGTERM or Ctrl-C; this is what the service does. Prints its log on stdout, a JSON object a line.",
    notes: environmentHelp(ENVIRONMENT_VARIABLES),
    examples: [
      { command: "novacula-control-plane serve", does: "on 127.0.0.1:3000" },
      {
        command:
          "DATABASE_URL=file:./control-plane.db PORT=8443 TLS_CERT=cp.pem TLS_KEY=cp.key novacula-control-plane serve",
        does: "with https, and a database of your own",
      },
    ],
    exitCodes: [
      [0, "stopped by a signal"],
      [1, "cannot start, or the database failed"],
      [70, "stopped by a bug"],
      [78, "the environment is not a valid configuration"],
    ],
    action: () => serve(readSettings(terminal.environment), terminal),
  });
}

async function serve(settings: Settings, { stdout }: Terminal): Promise<void> {
  const log = createLog(settings.logLevel, stdout);
  const restoreOutput = routeLibraryOutput(log.logger);
  try {
    await serveLogging(settings, log.logger);
  } finally {
    log.close();
    restoreOutput();
  }
}

async function serveLogging(settings: Settings, logger: Logger): Promise<void> {
  const { databasePath, socketPath, host, port, heartbeatTimeoutMs, maxExecutorsPerKey } = settings;
  const tls = readTls(settings.tls);
  // The database contains hashes, and the socket gives full access: only the owner may use them.
  process.umask(0o077);
  createDirectories([dirname(databasePath), dirname(socketPath)]);
  const store = openSqliteStore(databasePath, {
    created: () => warnOfCreation(logger, databasePath),
    roleRepaired: (member) => warnOfRole(logger, member),
  });
  const checkpoints = startCheckpoints(databasePath);
  const watch = watchStore(store, logger);
  try {
    const errors = new ErrorDisclosure(logger, systemClock.now);
    const people = await openPeople(settings.people, { store, logger, errors });
    const limits = { heartbeatTimeoutMs, maxExecutorsPerKey };
    const deps = { host, port, socketPath, tls, ...limits, version: VERSION, people };
    await serveUntilShutdown(createServer({ store, logger, errors, ...deps }), logger, {
      socketPath,
      databasePath,
    });
  } catch (error) {
    throw error instanceof StoreUnavailable ? unusable(store, databasePath, error) : error;
  } finally {
    watch.stop();
    await checkpoints.stop();
    await store.close();
  }
  logger.info({ event: "stopped" }, "stopped; everything has been written");
}

/** If the file is moved away during the start, SQLite reports it like a failing disk. */
function unusable(store: Store, databasePath: string, error: StoreUnavailable): OperatorError {
  const problem = store.problem();
  return cannotOpen(databasePath, problem === undefined ? error : `${problem.reason}: ${problem.remedy}`);
}

function warnOfCreation(logger: Logger, databasePath: string): void {
  logger.warn(
    { event: "database.created", databasePath },
    `there was no database at ${databasePath}, so a new, empty one was created. ` +
      "If you expected your keys here, stop the control plane and set DATABASE_URL to the database that has them",
  );
}

function warnOfRole(logger: Logger, { organizationSlug, email, role, stored }: RepairedMember): void {
  const command = `novacula-control-plane people add ${shellWord(email)} --role member --org ${organizationSlug}`;
  logger.warn(
    { event: "member.role-repaired", organization: organizationSlug, email: printable(email), role },
    `${printable(email)} is ${role} of organization ${organizationSlug}, ` +
      `because an earlier version stored the invalid role ${stored}. ` +
      `If that is not what you want, run: sudo ${command}`,
  );
}

/** better-auth costs 0.2 s and 60 MB, so it is imported only if people sign in. */
async function openPeople(
  settings: Settings["people"],
  deps: Pick<ServerDeps, "logger" | "errors"> & { readonly store: SqliteStore },
): Promise<ServerDeps["people"]> {
  if (settings === undefined) {
    return undefined;
  }
  const { ensureFirstAdmin } = await import("../people/first-admin.ts");
  const { createPeople } = await import("../people/people.ts");
  const { store, logger } = deps;
  const { origin, secret, firstAdmin, organizationName } = settings;
  if (origin.startsWith("http:") && !isLoopbackHost(new URL(origin).hostname)) {
    logger.warn(
      { event: "people.unencrypted", origin },
      "BETTER_AUTH_URL is http, so passwords and keys cross the network unencrypted. Put a TLS proxy in front, or set TLS_CERT and TLS_KEY",
    );
  }
  await ensureFirstAdmin(store, { admin: firstAdmin, organizationName }, logger, Date.now());
  for (const { slug } of await store.organizations.withoutOwner()) {
    logger.error({ event: "organization.no-owner", organization: slug }, withoutOwner(slug));
  }
  const authDatabase = store.betterAuthDatabase();
  return createPeople({ ...deps, authDatabase, origin, secret, now: Date.now });
}

async function serveUntilShutdown(server: ControlPlaneServer, logger: Logger, paths: object): Promise<void> {
  try {
    const shutdown = untilStopped(logger);
    const { url } = await server.listen();
    logger.info({ event: "listening", url, ...paths, version: VERSION }, `control plane listening on ${url}`);
    const signal = await shutdown;
    logger.info({ event: "stopping", signal }, "stopping: running requests may finish");
  } finally {
    await server.close();
  }
}

/**
 * Resolves with the first SIGTERM or SIGINT. Rejects with an error that nobody caught, after
 * logging it. Node itself would print the text of that error raw, and an outsider may have written
 * it.
 */
function untilStopped(logger: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    shutdownSignal(resolve);
    process.on("uncaughtException", (error) => {
      logger.fatal({ event: "bug", err: error }, "stopping because of a bug: please report it");
      setTimeout(() => process.kill(process.pid, "SIGKILL"), CRASH_LIMIT_MS).unref();
      reject(error);
    });
  });
}

function readTls(paths: Settings["tls"]): ServerDeps["tls"] {
  if (paths === undefined) {
    return undefined;
  }
  try {
    return { cert: readFileSync(paths.certPath, "utf8"), key: readFileSync(paths.keyPath, "utf8") };
  } catch (error) {
    throw new SettingsError("cannot read TLS_CERT or TLS_KEY", { cause: error });
  }
}

function createDirectories(directories: readonly string[]): void {
  for (const directory of directories) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new OperatorError(`cannot create the directory ${directory}`, { cause: error });
    }
  }
}
