import { systemClock } from "../../../lib/clock.ts";
import { TlsProblem } from "../../http/tls-file.ts";
import { readTlsPair, type TlsPair } from "../../http/tls-pair.ts";
import { renewTls } from "../../http/tls-renewal.ts";
import type { Logger } from "../../log/logger.ts";
import type { ControlPlaneServer } from "../../server.ts";
import { type Settings, SettingsError } from "../../settings/settings.ts";

/** The pair to begin with; undefined without TLS. Throws a SettingsError. */
export function readTls(paths: Settings["tls"]): TlsPair | undefined {
  try {
    return paths === undefined ? undefined : readTlsPair(paths);
  } catch (error) {
    throw error instanceof TlsProblem ? new SettingsError(error.message) : error;
  }
}

/** Takes renewed certificates, by itself and at SIGHUP. Without a handler, SIGHUP would end it. */
export function watchTls(
  server: ControlPlaneServer,
  paths: Settings["tls"],
  pair: TlsPair | undefined,
  logger: Logger,
) {
  const renewal =
    paths === undefined || pair === undefined
      ? undefined
      : renewTls((next) => server.useCertificate(next), paths, pair, logger, systemClock);
  const reload = () => {
    const what =
      renewal === undefined ? "there is no certificate to read again" : "reading the certificate again";
    logger.info(
      { event: "reload.requested" },
      `Asked to reload: ${what}. Every other setting needs a restart.`,
    );
    renewal?.reload();
  };
  process.on("SIGHUP", reload);
  return {
    stop() {
      renewal?.stop();
      process.off("SIGHUP", reload);
    },
  };
}
