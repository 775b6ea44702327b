import type { SyncReply } from "../../../protocol/sync.ts";

/** What one exchange with the control plane came to. Decided once, at the client boundary; nobody else reads a status code. */
export type SyncOutcome<Reply = SyncReply> =
  | { readonly kind: "accepted"; readonly reply: Reply; readonly serverTimeMs: number | undefined }
  | Refusal
  | Unreachable;

/** An answer recognisably the control plane's own that said 401 (`refused`) or 403 (`forbidden`). */
export interface Refusal {
  readonly kind: "refused" | "forbidden";
  /** The control plane's reason code, printable; undefined when it gave none. */
  readonly reason: string | undefined;
  /** The control plane's own words, printable. */
  readonly message: string;
  /** HTTP status of the answer that carried it (200 and 500 occur). */
  readonly httpStatus: number;
  /** The control plane's clock by its `Date` header, epoch ms, to judge expiry by. */
  readonly serverTimeMs: number | undefined;
  readonly retryAfterMs: number | undefined;
}

/** The HTTP status that a refusal means; the answer that carried it may have had another one. */
export function meantStatus({ kind }: Pick<Refusal, "kind">): 401 | 403 {
  return kind === "forbidden" ? 403 : 401;
}

/** Nothing authoritative came back: network, TLS, timeout, 5xx, 429, a proxy's page, an answer that is not GraphQL. */
export interface Unreachable {
  readonly kind: "unreachable";
  /** Stable, kebab-case, for tests, JSON and doctor: see UNREACHABLE_CAUSES. */
  readonly cause: UnreachableCause;
  /** Why, as a clause for people, printable: `connection refused by 127.0.0.1:3000`. */
  readonly detail: string;
  /** What to do where the agent's patience alone will not fix it; undefined when it will. */
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** True for an answer that a firewall may hold against the impatient (a foreign 401 or 403): retried as a refusal is. */
  readonly slow: boolean;
  /** HTTP status where there was an answer. */
  readonly httpStatus: number | undefined;
}

export const UNREACHABLE_CAUSES = [
  "dns",
  "connection-refused",
  "connection-lost",
  "network",
  "timeout",
  "tls-untrusted",
  "tls-expired",
  "tls-not-yet-valid",
  "tls-name-mismatch",
  "tls-other",
  "proxy",
  "proxy-authentication",
  "redirect",
  "not-a-control-plane",
  "foreign-refusal",
  "rate-limited",
  "server-error",
  "rejected-request",
  "insecure-url",
  "answer-too-large",
  "answer-malformed",
] as const;

export type UnreachableCause = (typeof UNREACHABLE_CAUSES)[number];

/** An `Unreachable` with what its cause usually has: no remedy, no wait asked for, ordinary cadence, no answer. */
export function unreachable(
  cause: UnreachableCause,
  detail: string,
  more: Partial<Omit<Unreachable, "kind" | "cause" | "detail">> = {},
): Unreachable {
  return {
    kind: "unreachable",
    cause,
    detail,
    remedy: undefined,
    retryAfterMs: undefined,
    slow: false,
    httpStatus: undefined,
    ...more,
  };
}
