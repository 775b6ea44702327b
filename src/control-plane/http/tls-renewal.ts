import { type Clock, utcTime } from "../../lib/clock.ts";
import type { Logger } from "../log/logger.ts";
import { TlsProblem } from "./tls-file.ts";
import { identityOf, isValid, readTlsPair, requireValid, type TlsPair, type TlsPaths } from "./tls-pair.ts";

const LOOK_MS = 1000;
/** Programs that renew certificates write one file after the other. */
const PATIENCE_MS = 10_000;

/** Keeps a server on the certificate that its files hold. */
export interface TlsRenewal {
  /** Reads the files now, and says in any case what became of it. */
  reload(): void;
  stop(): void;
}

/**
 * Takes a renewed certificate and key by itself, for new connections; open ones go on with the old.
 * As long as the files are no pair, or the new certificate is not valid now and the previous one
 * is, the previous pair stays in use. That is logged once it has lasted for ten seconds, and so is
 * a pair in use that expires.
 */
export function renewTls(
  use: (pair: TlsPair) => void,
  paths: TlsPaths,
  inUse: TlsPair,
  logger: Logger,
  clock: Clock,
): TlsRenewal & { look(): void } {
  let pair = inUse;
  let seen = identityOf(paths);
  /** Since when the files have been no pair. */
  let brokenSince: number | undefined;
  let said = "";
  const sayIfExpired = createExpiryWatch(logger);
  const wallMs = () => clock.wall(clock.now());

  function take(isAsked: boolean): void {
    seen = identityOf(paths);
    try {
      const next = readTlsPair(paths);
      const isSame = next.cert === pair.cert && next.key === pair.key;
      if (!isSame && isValid(pair, wallMs())) {
        requireValid(next, paths, wallMs());
      }
      const wasSaid = said !== "";
      use(next);
      pair = next;
      brokenSince = undefined;
      said = "";
      if (!isSame || isAsked || wasSaid) {
        logger.info(
          { event: "tls.renewed", validTo: new Date(next.validTo).toISOString() },
          renewed(next, isSame),
        );
      }
    } catch (error) {
      if (!(error instanceof TlsProblem)) {
        throw error;
      }
      brokenSince ??= clock.now();
      const isNews = said !== error.message && clock.now() - brokenSince >= PATIENCE_MS;
      if (isAsked || isNews) {
        said = error.message;
        logger.error({ event: "tls.unusable" }, `The previous certificate stays in use: ${error.message}`);
      }
    }
  }

  function look(): void {
    if (brokenSince !== undefined || identityOf(paths) !== seen) {
      take(false);
    }
    sayIfExpired(pair, wallMs());
  }

  sayIfExpired(pair, wallMs());
  const timer = setInterval(look, LOOK_MS);
  return { look, reload: () => take(true), stop: () => clearInterval(timer) };
}

/** Says once of each pair that it has expired. */
function createExpiryWatch(logger: Logger): (pair: TlsPair, wallMs: number) => void {
  let said: TlsPair | undefined;
  return (pair, wallMs) => {
    if (pair === said || wallMs < pair.validTo) {
      return;
    }
    said = pair;
    logger.error(
      { event: "tls.expired", validTo: new Date(pair.validTo).toISOString() },
      `The certificate in TLS_CERT expired at ${utcTime(pair.validTo)}, so executors and browsers refuse it. Fix: renew it. The new one is used within a second, without a restart.`,
    );
  };
}

function renewed({ validTo }: TlsPair, isSame: boolean): string {
  const until = utcTime(validTo);
  return isSame
    ? `The certificate in TLS_CERT is the one in use, valid until ${until}.`
    : `New connections get the renewed certificate of TLS_CERT, valid until ${until}. Open connections go on.`;
}
