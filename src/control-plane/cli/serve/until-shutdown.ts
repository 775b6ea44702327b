import { setTimeout as delay } from "node:timers/promises";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import type { Notifier } from "../../../lib/systemd/notifier.ts";
import { VERSION } from "../../../lib/version.ts";
import type { Logger } from "../../log/logger.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { type MetricsAddress, serveMetrics } from "../../metrics/metrics-listener.ts";
import type { ControlPlaneServer } from "../../server.ts";
import { LoggedBug } from "./serve-failure.ts";
import { keepStatus } from "./service-status.ts";

/** After a bug, the program may be unable to shut down. It is killed after this time, ms. */
const CRASH_LIMIT_MS = 10_000;
/** What a stop takes beside the draining: TimeoutStopSec= of the unit, ms. */
const STOP_MS = 15_000;

interface UntilShutdownDeps {
  readonly logger: Logger;
  readonly notifier: Notifier;
  /** For the first line. */
  readonly paths: { readonly socketPath: string; readonly databasePath: string };
  /** Says what a person has to know at the start. */
  announce(): Promise<void>;
  readonly drainMs: number;
  /** Undefined: nobody reads them. */
  readonly figures: { readonly metrics: Metrics; readonly address: MetricsAddress } | undefined;
}

/** Serves until SIGTERM or SIGINT; drains then, and ends in order. */
export async function serveUntilShutdown(
  server: ControlPlaneServer,
  { logger, notifier, paths, announce, drainMs, figures }: UntilShutdownDeps,
): Promise<void> {
  let status: { stop(): void } | undefined;
  let metricsListener: Awaited<ReturnType<typeof serveMetrics>> | undefined;
  try {
    const shutdown = untilStopped(logger);
    const { url, address } = await server.listen();
    const led = address === undefined ? "" : ` (${address})`;
    metricsListener = figures && (await serveMetrics(figures.metrics, figures.address));
    status = keepStatus(notifier, server, url);
    logger.info(
      { event: "listening", url, address, ...paths, version: VERSION },
      `Control plane ${VERSION} listens on ${url}${led}, with the database ${paths.databasePath}.`,
    );
    if (metricsListener !== undefined) {
      logger.info(
        { event: "metrics", url: metricsListener.url },
        `Prometheus reads the metrics at ${metricsListener.url}`,
      );
    }
    await announce();
    const signal = await shutdown;
    if (drainMs > 0) {
      await drain(server, { logger, notifier, drainMs, signal });
    }
    logger.info(
      { event: "stopping", signal },
      `Stopping, as asked (${signal}). Running requests may finish.`,
    );
  } finally {
    status?.stop();
    await server.close();
    await metricsListener?.close();
    await notifier.flushed();
  }
}

async function drain(
  server: ControlPlaneServer,
  {
    logger,
    notifier,
    drainMs,
    signal,
  }: Pick<UntilShutdownDeps, "logger" | "notifier" | "drainMs"> & { readonly signal: NodeJS.Signals },
): Promise<void> {
  server.drain();
  notifier.extendStop(drainMs + STOP_MS);
  logger.info(
    { event: "draining", signal },
    `Asked to stop (${signal}). For ${drainMs / 1000} s requests are still answered. /readyz says 503, so that a load balancer sends new ones elsewhere.`,
  );
  await delay(drainMs);
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
