import { STATUS_CODES } from "node:http";
import { httpDateMs, retryAfterMs } from "./retry-after.ts";
import { type Unreachable, type UnreachableCause, unreachable } from "./sync-outcome.ts";

/** An HTTP answer, read completely. */
export interface Answer {
  readonly status: number;
  /** Lower-case names, as undici and node:http give them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** When it came by this host's clock, epoch ms. */
  readonly receivedAtMs: number;
  /** The name of the control plane in messages: `cp.example.com`. */
  readonly host: string;
  /** What was asked: `https://cp.example.com/graphql`. */
  readonly endpoint: string;
  /** The fingerprint of the key that was sent. */
  readonly sentFingerprint: string;
  /** Whether this control plane has marked its answers so far: origin-marks.ts. */
  readonly isMarkExpected: boolean;
}

export const CHECK_URL = "check control_plane.url, and any proxy between this host and it";

/** The control plane's clock by its answer, epoch ms. */
export function serverTimeMs(answer: Answer): number | undefined {
  return httpDateMs(header(answer, "date"));
}

export function askedWaitMs(answer: Answer): number | undefined {
  return retryAfterMs(header(answer, "retry-after"), serverTimeMs(answer) ?? answer.receivedAtMs);
}

/** An answer that is neither an acceptance nor a refusal. */
export function troubled(
  answer: Answer,
  cause: Unreachable["cause"],
  detail: string,
  more: { readonly remedy?: string | undefined; readonly slow?: boolean } = {},
): Unreachable {
  return unreachable(cause, detail, {
    ...more,
    httpStatus: answer.status,
    retryAfterMs: askedWaitMs(answer),
  });
}

/** An answer whose body was not read, and how it came: `with more than 1 MiB`. */
export function unreadable(
  answer: Answer,
  given: { readonly cause: UnreachableCause; readonly how: string },
) {
  return troubled(answer, given.cause, `${answer.host} answered ${given.how}`, { remedy: CHECK_URL });
}

/** `503 Service Unavailable`: with the standard words, never those of the server. */
export function statusWords(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trim();
}

export function isJson(answer: Answer): boolean {
  return /\bjson\b/i.test(header(answer, "content-type") ?? "");
}

export function header({ headers }: Pick<Answer, "headers">, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
