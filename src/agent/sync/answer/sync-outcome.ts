import type { RefusalFacts } from "../../../protocol/refusal.ts";
import type { SyncReply } from "../../../protocol/sync.ts";

/**
 * The outcome of one request to the control plane. Decided once, in the client; nothing else reads
 * a status code.
 */
export type SyncOutcome<Reply = SyncReply> =
  | { readonly kind: "accepted"; readonly reply: Reply; readonly serverTimeMs: number | undefined }
  | Refusal
  | Unreachable;

/**
 * An answer that is recognizably the control plane's, with the meaning of 401 (`refused`) or 403
 * (`forbidden`).
 */
export interface Refusal {
  readonly kind: "refused" | "forbidden";
  /** The reason code of the control plane, printable; undefined if it gave none. */
  readonly reason: string | undefined;
  /** The message of the control plane, printable. */
  readonly message: string;
  readonly facts: RefusalFacts;
  /** It has the control plane's mark. */
  readonly isMarked: boolean;
  /** The organization that the executor was in, if it is known and was sent. */
  readonly executorOrganization?: KnownOrganization;
  /** HTTP status of the answer that carried it (200 and 500 occur). */
  readonly httpStatus: number;
  /** The control plane's clock by its `Date` header, epoch ms, to judge an expiry by. */
  readonly serverTimeMs: number | undefined;
  readonly retryAfterMs: number | undefined;
}

/** An organization as this host remembers it. */
export interface KnownOrganization {
  readonly id: string;
  readonly name: string;
  /** Undefined if an older agent wrote it down. */
  readonly slug?: string | undefined;
}

/** A refusal with the organization that was sent as the executor's; any other outcome as it is. */
export function fromOrganization<Outcome extends SyncOutcome<unknown>>(
  outcome: Outcome,
  organization: KnownOrganization | undefined,
): Outcome {
  return outcome.kind === "forbidden" && organization !== undefined
    ? { ...outcome, executorOrganization: organization }
    : outcome;
}

/** The HTTP status that a refusal means; the answer that carried it may have had another one. */
export function meantStatus({ kind }: Pick<Refusal, "kind">): 401 | 403 {
  return kind === "forbidden" ? 403 : 401;
}

/**
 * No authoritative answer: network, TLS, timeout, 5xx, 429, the page of a proxy, an answer that is
 * not GraphQL.
 */
export interface Unreachable {
  readonly kind: "unreachable";
  /** Stable, kebab-case, for tests, JSON and doctor. */
  readonly cause: UnreachableCause;
  /** Why, as a clause for people, printable: `connection refused by 127.0.0.1:3000`. */
  readonly detail: string;
  /** What to do; undefined if waiting is enough. */
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  /**
   * True for an answer after which a firewall may ban those who retry quickly (a foreign 401 or
   * 403): retried as slowly as a refusal.
   */
  readonly slow: boolean;
  /** The HTTP status, if there was an answer. */
  readonly httpStatus: number | undefined;
  /** True for a server that took the request and stays silent. */
  readonly isConnected?: true;
  /** Of a certificate for other names: those that are DNS names, wildcards too. From outside. */
  readonly certificateNames?: readonly string[];
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
  "captive-portal",
  "redirect",
  "not-a-control-plane",
  /** A control plane answers, but not at that path. */
  "wrong-path",
  "foreign-refusal",
  /** The control plane did not get the key that was sent. */
  "authorization-changed",
  "rate-limited",
  "server-error",
  "rejected-request",
  "insecure-url",
  "answer-too-large",
  "answer-malformed",
] as const;

export type UnreachableCause = (typeof UNREACHABLE_CAUSES)[number];

/**
 * An `Unreachable` with the usual values: no remedy, no requested wait, normal cadence, no answer.
 */
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
