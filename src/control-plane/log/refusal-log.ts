import { Flood } from "../../lib/log/flood.ts";
import { printable } from "../../lib/printable.ts";
import type { Arrival } from "../../protocol/refusal.ts";
import type { ApiError } from "../api-error.ts";
import type { Logger } from "./logger.ts";

/** Of the same refusal, one line a minute. */
const SUBJECT = { burst: 1, refillMs: 60_000 };
/**
 * Of all refusals of one key, under whatever executor names, five lines at once: one key does not
 * crowd out the others.
 */
const KEY = { burst: 5, refillMs: 60_000 };

export interface RefusalEvent {
  /** What the caller is told. */
  readonly error: ApiError;
  /** Left out if the error has one. */
  readonly reason?: string;
  /** Left out if the request was refused before its body was read. */
  readonly operation?: string;
  readonly executorName?: string;
  readonly keyId: string | undefined;
  readonly fingerprint: string | undefined;
  readonly address: string | null;
}

/**
 * Logs each refusal at debug level. At warn level, logs one line a minute for each reason and key
 * (or address, if the key is unknown), so that an agent with a dead key does not fill the disk.
 * log-budget.ts limits all of them together.
 */
export class RefusalLog {
  private readonly logger: Logger;
  private readonly subjects: Flood;
  private readonly keys: Flood;

  /** Set while the database knows no key at all: a sentence about that. */
  noKeys: string | undefined;

  /** `now` is monotonic milliseconds. */
  constructor(logger: Logger, now: () => number) {
    this.logger = logger;
    this.subjects = new Flood(SUBJECT, now);
    this.keys = new Flood(KEY, now);
  }

  note(refusal: RefusalEvent): void {
    const { error, operation, reason = error.reason, keyId, fingerprint, address } = refusal;
    const status = error.httpStatus;
    const executor = refusal.executorName === undefined ? undefined : printable(refusal.executorName);
    const { arrived, rotated } = error.refusal;
    const fields = { operation, status, reason, arrived, rotated, keyId, fingerprint, executor, address };
    const isCheck = operation === "currentKey";
    this.logger.debug(
      { event: isCheck ? "check.refused" : "sync.refused", ...fields },
      `${isCheck ? "A check" : "A sync"} was refused (${status} ${reason}): ${subjectOf(refusal)}.`,
    );
    const subject = `${status} ${reason} ${arrived} ${keyId ?? fingerprint ?? address} ${executor ?? ""}`;
    if (this.subjects.admit(subject) === undefined) {
      return;
    }
    const leftOut = keyId === undefined ? 0 : this.keys.admit(keyId);
    if (leftOut === undefined) {
      return;
    }
    const why = reason === "unknown" && this.noKeys !== undefined ? `${this.noKeys} ` : "";
    const message = `${whatHappened(status, arrived)} (${status} ${reason}): ${subjectOf(refusal)}. ${why}Its refusals of the next minute are logged at debug level only.`;
    this.logger.warn(
      { event: status === 401 ? "key.refused" : "executor.refused", ...fields },
      leftOut === 0
        ? message
        : `${message} ${leftOut} more refusals of this key, for other executors, were left out.`,
    );
  }
}

/** A request without a key comes from a stranger, or from an executor behind a proxy. */
function whatHappened(status: number, arrived: Arrival | undefined): string {
  switch (arrived) {
    case undefined:
      return status === 401 ? "A key was refused" : "A valid key was refused for this executor";
    case "nothing":
      return "No Authorization header arrived. If this is an executor, a proxy on the way removes it";
    case "several":
      return "Two credentials arrived in one Authorization header. If this is an executor, a proxy on the way adds its own";
    case "other_scheme":
    case "not_a_key":
      return "An Authorization header without an executor key arrived. If this is an executor, a proxy on the way replaces it";
  }
}

/** `key 45b80523, executor web-01, from 203.0.113.8`, as far as it is known. */
function subjectOf({ fingerprint, executorName, address }: RefusalEvent): string {
  const parts = [
    fingerprint === undefined ? "no readable key" : `key ${fingerprint}`,
    ...(executorName === undefined ? [] : [`executor ${printable(executorName)}`]),
    ...(address === null ? [] : [`from ${address}`]),
  ];
  return parts.join(", ");
}
