import { type Clock, utcTime } from "../../../lib/clock.ts";
import type { Logger } from "../../log/logger.ts";
import { oddities, requireNoLoss } from "./tls-change.ts";
import { TlsProblem } from "./tls-file.ts";
import { identityOf, readTlsPair, type TlsPair, type TlsPaths, whyInvalid } from "./tls-pair.ts";

const LOOK_MS = 1000;
/** Programs that renew certificates write one file after the other. */
const PATIENCE_MS = 10_000;

interface TlsRenewalOptions {
  /** Gives new connections the pair. */
  readonly use: (pair: TlsPair) => void;
  readonly paths: TlsPaths;
  /** The name of BETTER_AUTH_URL; undefined if it is not set. */
  readonly publicHost: string | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Takes a renewed certificate and key by itself, for new connections; open ones go on with the old.
 * As long as the files are no pair, or clients accept the previous certificate and refuse the new
 * one, the previous pair stays in use. That is logged once it has lasted for ten seconds, and so is
 * a pair in use that is not valid.
 */
export class TlsRenewal {
  readonly #options: TlsRenewalOptions;
  readonly #sayIfInvalid: (pair: TlsPair, wallMs: number) => void;
  readonly #timer: NodeJS.Timeout;
  #pair: TlsPair;
  #seen: string;
  /** Since when the files have been no pair. */
  #brokenSince: number | undefined;
  /** The problem that was logged last; empty: none since the files were a pair. */
  #said = "";

  constructor(inUse: TlsPair, options: TlsRenewalOptions) {
    this.#options = options;
    this.#pair = inUse;
    this.#seen = identityOf(options.paths);
    this.#sayIfInvalid = createValidityWatch(options.logger);
    this.#sayIfInvalid(inUse, this.#wallMs());
    this.#sayOdd(inUse);
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Reads the files now, and says in any case what became of it. */
  reload(): void {
    this.#tryToTake(true);
  }

  /** Reads the files if they have changed. */
  look(): void {
    if (this.#brokenSince !== undefined || identityOf(this.#options.paths) !== this.#seen) {
      this.#tryToTake(false);
    }
    this.#sayIfInvalid(this.#pair, this.#wallMs());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tryToTake(isAsked: boolean): void {
    const { logger, clock } = this.#options;
    try {
      this.#take(isAsked);
    } catch (error) {
      if (!(error instanceof TlsProblem)) {
        throw error;
      }
      this.#brokenSince ??= clock.now();
      const isNews = this.#said !== error.topic && clock.now() - this.#brokenSince >= PATIENCE_MS;
      if (isAsked || isNews) {
        this.#said = error.topic;
        logger.error(
          { event: "tls.unusable" },
          `The previous certificate stays in use: ${error.explained()}`,
        );
      }
    }
  }

  #take(isAsked: boolean): void {
    const { use, paths, publicHost, logger } = this.#options;
    this.#seen = identityOf(paths);
    const before = this.#pair;
    const next = readTlsPair(paths);
    const isSame = next.cert === before.cert && next.key === before.key;
    if (!isSame) {
      requireNoLoss({ before, next, paths, publicHost }, this.#wallMs());
    }
    use(next);
    this.#pair = next;
    const isNews = !isSame || isAsked || this.#said !== "";
    this.#brokenSince = undefined;
    this.#said = "";
    if (isNews) {
      const validTo = new Date(next.validTo).toISOString();
      logger.info({ event: "tls.renewed", validTo }, renewed(next, isSame));
      this.#sayOdd(before);
    }
  }

  #sayOdd(before: TlsPair): void {
    const { logger, paths } = this.#options;
    for (const oddity of oddities(this.#pair, paths, before, this.#wallMs())) {
      logger.warn({ event: "tls.odd" }, oddity);
    }
  }

  #wallMs(): number {
    const { clock } = this.#options;
    return clock.wall(clock.now());
  }
}

/** So long before the end, a person still has the time to look at what should have renewed it. */
const SOON_MS = 7 * 24 * 3600 * 1000;
/** Of its validity: one that is valid for a day is renewed within its last hours. */
const SOON_SHARE = 0.2;

function endsSoon({ validFrom, validTo }: TlsPair, wallMs: number): boolean {
  return validTo - wallMs < Math.min(SOON_MS, (validTo - validFrom) * SOON_SHARE);
}

/** Says once of each pair that it is not valid yet, that it ends soon, and that it has expired. */
function createValidityWatch(logger: Logger): (pair: TlsPair, wallMs: number) => void {
  let said: string | undefined;
  let warned: string | undefined;
  return (pair, wallMs) => {
    const why = whyInvalid(pair, wallMs);
    const topic = why && `${pair.cert} ${why}`;
    if (why !== undefined && topic !== said) {
      const isOver = pair.validTo <= wallMs;
      const fix = isOver
        ? "renew it"
        : `replace it, or set this host's clock, which says ${utcTime(wallMs)}, if it is wrong`;
      logger.error(
        {
          event: isOver ? "tls.expired" : "tls.not-yet-valid",
          validTo: new Date(pair.validTo).toISOString(),
        },
        `The certificate in TLS_CERT ${why}, so executors and browsers refuse it. Fix: ${fix}. The new one is used within a second, without a restart.`,
      );
    }
    said = topic;
    if (why === undefined && warned !== pair.cert && endsSoon(pair, wallMs)) {
      warned = pair.cert;
      const validTo = new Date(pair.validTo).toISOString();
      logger.warn(
        { event: "tls.expires-soon", validTo },
        `The certificate in TLS_CERT expires at ${utcTime(pair.validTo)}, and executors and browsers refuse it from then on. Fix: renew it before then. The new one is used within a second, without a restart.`,
      );
    }
  };
}

function renewed({ validTo }: TlsPair, isSame: boolean): string {
  const until = utcTime(validTo);
  return isSame
    ? `The certificate in TLS_CERT is the one in use, valid until ${until}.`
    : `New connections get the renewed certificate of TLS_CERT, valid until ${until}. Open connections go on.`;
}
