import type { Logger } from "pino";
import { printable } from "../lib/printable.ts";

const INTERVAL_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export interface RefusalEvent {
  /** Undefined where the request was refused before it was read. */
  readonly operation: string | undefined;
  readonly status: 401 | 403;
  readonly reason: string | undefined;
  readonly keyId: string | undefined;
  readonly fingerprint: string | undefined;
  readonly executorName: string | undefined;
  readonly address: string | null;
}

/**
 * One line for each refusal at debug level, and one at warn for each key (or address, where the key is unknown) and
 * reason in a minute: an agent with a dead key must not fill the disk.
 */
export class RefusalLog {
  private readonly logger: Logger;
  private readonly now: () => number;
  private announcedAt = new Map<string, number>();

  constructor(logger: Logger, now: () => number) {
    this.logger = logger;
    this.now = now;
  }

  note(refusal: RefusalEvent): void {
    const { operation, status, reason, keyId, fingerprint, address } = refusal;
    const executor = refusal.executorName === undefined ? undefined : printable(refusal.executorName);
    const fields = { operation, status, reason, keyId, fingerprint, executor, address };
    const isCheck = operation === "currentKey";
    this.logger.debug(
      { event: isCheck ? "check.refused" : "sync.refused", ...fields },
      isCheck ? "check refused" : "sync refused",
    );
    if (!this.isDue(`${status} ${reason} ${keyId ?? fingerprint ?? address} ${executor ?? ""}`)) return;
    this.logger.warn(
      { event: status === 401 ? "key.refused" : "executor.refused", ...fields },
      status === 401
        ? "a key was refused; the next minute's refusals of it are shown at debug level only"
        : "a good key was refused for this executor; the next minute's refusals are shown at debug level only",
    );
  }

  private isDue(subject: string): boolean {
    const now = this.now();
    const last = this.announcedAt.get(subject);
    if (last !== undefined && now - last < INTERVAL_MS) return false;
    if (this.announcedAt.size >= MAX_REMEMBERED) this.announcedAt = new Map();
    this.announcedAt.set(subject, now);
    return true;
  }
}
