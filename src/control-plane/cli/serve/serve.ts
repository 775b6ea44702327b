import { dirname } from "node:path";
import { systemClock } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { LOG_LEVELS } from "../../../lib/log/level.ts";
import { formatForStdout, LOG_FORMATS } from "../../../lib/log/line-format.ts";
import { patientOutput } from "../../../lib/log/patient-output.ts";
import { createNotifier } from "../../../lib/systemd/notifier.ts";
import { VERSION } from "../../../lib/version.ts";
import { ErrorDisclosure } from "../../http/error-disclosure.ts";
import { routeLibraryOutput } from "../../log/library-output.ts";
import { createLog } from "../../log/log.ts";
import type { Logger } from "../../log/logger.ts";
import { Metrics } from "../../metrics/metrics.ts";
import { createServer } from "../../server.ts";
import { ignoredVariables, oddSecrets, readSettings, type Settings } from "../../settings/settings.ts";
import { placeOf } from "../../settings/settings-fix.ts";
import { shownDatabase } from "../../store/address/database-address.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";
import { startCheckpoints } from "../../store/sqlite/checkpoints.ts";
import { watchStore } from "../../store/store-watch.ts";
import { announcePage } from "./announce-page.ts";
import { Hangups, readTls, watchTls } from "./certificate.ts";
import { requireLoopback, type ServeOptions } from "./dev-mode.ts";
import { createFolder, noteOfNoKeys, openDatabase, unusable } from "./open-database.ts";
import { openPeople } from "./open-people.ts";
import { passedSocket } from "./passed-socket.ts";
import { LoggedBug, logFailure } from "./serve-failure.ts";
import { sayNotificationFailures } from "./service-status.ts";
import { serveUntilShutdown } from "./until-shutdown.ts";

/**
 * Runs the control plane until a signal; resolves with the exit code. Whatever keeps it from
 * running is in its log, unless a person reads along: then it rejects, and the error is printed.
 */
export async function serve(terminal: Terminal, options: ServeOptions = {}): Promise<number> {
  const hangups = new Hangups();
  const { environment } = terminal;
  const { output, written } = patientOutput(terminal.stdout);
  const own = LOG_FORMATS.find((each) => each === environment["LOG_FORMAT"]);
  const format = own ?? formatForStdout(environment);
  const level = LOG_LEVELS.find((each) => each === environment["LOG_LEVEL"]) ?? "info";
  const log = createLog({ level, format }, output);
  const restoreOutput = routeLibraryOutput(log.logger);
  try {
    const settings = readSettings(environment);
    requireLoopback(settings, options);
    await serveLogging(settings, log.logger, { ...terminal, stdout: output }, options, hangups);
    return ExitCode.good;
  } catch (error) {
    if (format === "pretty" && !(error instanceof LoggedBug)) {
      throw error;
    }
    return logFailure(error, log.logger);
  } finally {
    log.close();
    restoreOutput();
    await written();
  }
}

async function serveLogging(
  settings: Settings,
  logger: Logger,
  terminal: Terminal,
  { dev: setKeyCommand }: ServeOptions,
  hangups: Hangups,
): Promise<void> {
  const { environment } = terminal;
  const { database, socketPath, host, port, heartbeatTimeoutMs, maxSyncsPerSecond, maxExecutorsPerKey } =
    settings;
  const tls = readTls(settings.tls);
  for (const odd of [...oddSecrets(environment), ...ignoredVariables(environment)]) {
    logger.warn({ event: "settings.odd" }, `${odd}.`);
  }
  // The database contains hashes, and the socket gives full access: only the owner may use them.
  process.umask(0o077);
  await createFolder(dirname(socketPath));
  const store = await openDatabase(database, logger);
  const checkpoints = database.kind === "sqlite" ? startCheckpoints(database.path) : undefined;
  const watch = watchStore(store, logger);
  let renewal: { stop(): void } | undefined;
  try {
    const { drainMs, metricsAddress, trustedProxies } = settings;
    const metrics = metricsAddress === undefined ? undefined : await Metrics.create(VERSION);
    const errors = new ErrorDisclosure(logger, systemClock.now, () => metrics?.storeFailed());
    const people = await openPeople(settings, { store, logger, errors, setKeyCommand });
    const limits = { heartbeatTimeoutMs, maxSyncsPerSecond, maxExecutorsPerKey };
    const keylessNote = noteOfNoKeys(database);
    const hostPlace = () => placeOf("HOST", environment);
    const listener = { host, hostPlace, port, tls, trustedProxies };
    const deps = { ...listener, socketPath, ...limits, version: VERSION, people, keylessNote };
    const notifier = createNotifier(environment, sayNotificationFailures(logger));
    const server = createServer({
      store,
      logger,
      errors,
      metrics,
      passedSocket: passedSocket(environment, logger),
      ...deps,
      servesOnlyLoopback: setKeyCommand !== undefined,
    });
    renewal = watchTls(server, settings, tls, logger, hangups);
    const announce = () => announcePage(people, store.people, { logger, terminal, socketPath });
    const paths = { socketPath, databasePath: shownDatabase(database) };
    const figures = metrics && metricsAddress && { metrics, address: metricsAddress };
    await serveUntilShutdown(server, { logger, notifier, paths, announce, drainMs, figures });
  } catch (error) {
    throw error instanceof StoreUnavailable ? await unusable(store, database, error) : error;
  } finally {
    watch.stop();
    renewal?.stop();
    await checkpoints?.stop();
    await store.close();
  }
  logger.info({ event: "stopped" }, "Stopped. Everything is written.");
}
