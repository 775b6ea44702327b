import { dirname } from "node:path";
import { systemClock } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { LOG_LEVELS } from "../../../lib/log/level.ts";
import { formatForStdout, LOG_FORMATS } from "../../../lib/log/line-format.ts";
import { isLoopbackHost } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { createNotifier, type Notifier } from "../../../lib/systemd/notifier.ts";
import { VERSION } from "../../../lib/version.ts";
import { ErrorDisclosure } from "../../http/error-disclosure.ts";
import { routeLibraryOutput } from "../../log/library-output.ts";
import { createLog } from "../../log/log.ts";
import type { Logger } from "../../log/logger.ts";
import { withoutOwner } from "../../organizations/organizations.ts";
import { type ControlPlaneServer, createServer, type ServerDeps } from "../../server.ts";
import { type Environment, oddSecrets, readSettings, type Settings } from "../../settings/settings.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";
import { startCheckpoints } from "../../store/sqlite/checkpoints.ts";
import type { SqliteStore } from "../../store/sqlite/store.ts";
import { watchStore } from "../../store/store-watch.ts";
import { readTls, watchTls } from "./certificate.ts";
import { createFolder, noteOfNoKeys, openDatabase, unusable } from "./open-database.ts";
import { passedSocket } from "./passed-socket.ts";
import { LoggedBug, logFailure } from "./serve-failure.ts";
import { keepStatus } from "./service-status.ts";

/** After a bug, the program may be unable to shut down. It is killed after this time, ms. */
const CRASH_LIMIT_MS = 10_000;

/**
 * Runs the control plane until a signal; resolves with the exit code. Whatever keeps it from
 * running is in its log, unless a person reads along: then it rejects, and the error is printed.
 */
export async function serve({ environment, stdout }: Terminal): Promise<number> {
  const own = LOG_FORMATS.find((each) => each === environment["LOG_FORMAT"]);
  const format = own ?? formatForStdout(environment["JOURNAL_STREAM"]);
  const level = LOG_LEVELS.find((each) => each === environment["LOG_LEVEL"]) ?? "info";
  const log = createLog({ level, format }, stdout);
  const restoreOutput = routeLibraryOutput(log.logger);
  try {
    await serveLogging(readSettings(environment), log.logger, environment);
    return ExitCode.good;
  } catch (error) {
    if (format === "pretty" && !(error instanceof LoggedBug)) {
      throw error;
    }
    return logFailure(error, log.logger);
  } finally {
    log.close();
    restoreOutput();
  }
}

async function serveLogging(settings: Settings, logger: Logger, environment: Environment): Promise<void> {
  const { databasePath, socketPath, host, port, heartbeatTimeoutMs, maxExecutorsPerKey } = settings;
  const tls = readTls(settings.tls);
  for (const secret of oddSecrets(environment)) {
    logger.warn({ event: "settings.odd" }, `${secret}.`);
  }
  // The database contains hashes, and the socket gives full access: only the owner may use them.
  process.umask(0o077);
  createFolder(dirname(socketPath));
  const store = openDatabase(databasePath, logger);
  const checkpoints = startCheckpoints(databasePath);
  const watch = watchStore(store, logger);
  let renewal: { stop(): void } | undefined;
  try {
    const errors = new ErrorDisclosure(logger, systemClock.now);
    const people = await openPeople(settings.people, { store, logger, errors });
    const limits = { heartbeatTimeoutMs, maxExecutorsPerKey };
    const keylessNote = noteOfNoKeys(databasePath);
    const deps = { host, port, socketPath, tls, ...limits, version: VERSION, people, keylessNote };
    const notifier = createNotifier(environment, (reason) =>
      logger.warn({ event: "systemd.unreachable" }, `A notification to systemd failed: ${printable(reason)}`),
    );
    const server = createServer({
      store,
      logger,
      errors,
      passedSocket: passedSocket(environment, logger),
      ...deps,
    });
    renewal = watchTls(server, settings.tls, tls, logger);
    await serveUntilShutdown(server, logger, notifier, { socketPath, databasePath });
  } catch (error) {
    throw error instanceof StoreUnavailable ? unusable(store, databasePath, error) : error;
  } finally {
    watch.stop();
    renewal?.stop();
    await checkpoints.stop();
    await store.close();
  }
  logger.info({ event: "stopped" }, "Stopped. Everything is written.");
}

/** better-auth costs 0.2 s and 60 MB, so it is imported only if people sign in. */
async function openPeople(
  settings: Settings["people"],
  deps: Pick<ServerDeps, "logger" | "errors"> & { readonly store: SqliteStore },
): Promise<ServerDeps["people"]> {
  if (settings === undefined) {
    return undefined;
  }
  const { ensureFirstAdmin } = await import("../../people/first-admin.ts");
  const { createPeople } = await import("../../people/people.ts");
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

async function serveUntilShutdown(
  server: ControlPlaneServer,
  logger: Logger,
  notifier: Notifier,
  paths: { readonly socketPath: string; readonly databasePath: string },
): Promise<void> {
  let status: { stop(): void } | undefined;
  try {
    const shutdown = untilStopped(logger);
    const { url } = await server.listen();
    status = keepStatus(notifier, server, url);
    logger.info(
      { event: "listening", url, ...paths, version: VERSION },
      `Control plane ${VERSION} listens on ${url}, with the database ${paths.databasePath}.`,
    );
    const signal = await shutdown;
    logger.info(
      { event: "stopping", signal },
      `Stopping, as asked (${signal}). Running requests may finish.`,
    );
  } finally {
    status?.stop();
    await server.close();
    await notifier.flushed();
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
      logger.error(
        { event: "bug", err: error },
        "Stopping because of a bug. Please report it with these lines:",
      );
      setTimeout(() => process.kill(process.pid, "SIGKILL"), CRASH_LIMIT_MS).unref();
      reject(new LoggedBug());
    });
  });
}
