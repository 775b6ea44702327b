import { systemClock } from "../../../lib/clock.ts";
import { TlsProblem } from "../../http/tls/tls-file.ts";
import { readTlsPair, type TlsPair } from "../../http/tls/tls-pair.ts";
import { TlsRenewal } from "../../http/tls/tls-renewal.ts";
import type { Logger } from "../../log/logger.ts";
import type { ControlPlaneServer } from "../../server.ts";
import { type Settings, SettingsError } from "../../settings/settings.ts";

/** The pair to begin with; undefined without TLS. Throws a SettingsError. */
export function readTls(paths: Settings["tls"]): TlsPair | undefined {
  try {
    return paths === undefined ? undefined : readTlsPair(paths);
  } catch (error) {
    throw error instanceof TlsProblem ? new SettingsError(error.explained()) : error;
  }
}

/** Takes renewed certificates, by itself and at SIGHUP. */
export function watchTls(
  server: ControlPlaneServer,
  { tls: paths, people }: Pick<Settings, "tls" | "people">,
  pair: TlsPair | undefined,
  logger: Logger,
  hangups: Hangups,
) {
  const host = people === undefined ? undefined : new URL(people.origin).hostname;
  const publicHost = host?.replace(/^\[(.*)\]$/, "$1");
  const use = (next: TlsPair) => server.useCertificate(next);
  const renewal =
    paths === undefined || pair === undefined
      ? undefined
      : new TlsRenewal(pair, { use, paths, publicHost, logger, clock: systemClock });
  hangups.handle(() => {
    const what =
      renewal === undefined ? "there is no certificate to read again" : "reading the certificate again";
    logger.info(
      { event: "reload.requested" },
      `Asked to reload: ${what}. Every other setting needs a restart.`,
    );
    renewal?.reload();
  });
  return {
    stop() {
      renewal?.stop();
      hangups.handle(() => {});
    },
  };
}

/**
 * SIGHUP, until Node.js itself ends: without a handler it would end the process. One that comes
 * while the control plane starts counts once there is something to reload.
 */
export class Hangups {
  #isPending = false;
  #handler: (() => void) | undefined;

  constructor() {
    process.on("SIGHUP", () => {
      this.#isPending = this.#handler === undefined;
      this.#handler?.();
    });
  }

  handle(handler: () => void): void {
    this.#handler = handler;
    if (this.#isPending) {
      this.#isPending = false;
      handler();
    }
  }
}
