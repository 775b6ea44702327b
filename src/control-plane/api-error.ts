import { OVERLOADED } from "../protocol/overloaded.ts";
import {
  ErrorCode,
  type ForbiddenReason,
  type KeyRefusalReason,
  type NodeRefusalReason,
  type RefusalFacts,
} from "../protocol/refusal.ts";
import { ORGANIZATION_CHANGED } from "../protocol/shown-organization.ts";

/** Every value of `errors[].extensions.code` in an answer. */
export const ApiErrorCode = {
  ...ErrorCode,
  /** No such organization, key or executor exists for the caller. */
  notFound: "NOT_FOUND",
  /** Its state does not allow this: already revoked, rotated by somebody else, a slug in use. */
  conflict: "CONFLICT",
  /**
   * The page shows another organization than the session's. Nothing was read or written.
   */
  organizationChanged: ORGANIZATION_CHANGED,
  /** A change through a session must name its organization, and this one did not. */
  organizationRequired: "ORGANIZATION_REQUIRED",
  /** The queue is full. Nothing was done; retry in a few seconds. */
  overloaded: OVERLOADED,
  parseFailed: "GRAPHQL_PARSE_FAILED",
  validationFailed: "GRAPHQL_VALIDATION_FAILED",
} as const;

type Code = (typeof ApiErrorCode)[keyof typeof ApiErrorCode];

/**
 * The HTTP status of each code. A code with 200 means that the request was understood; the GraphQL
 * body tells the error.
 */
const HTTP_STATUS: Readonly<Record<Code, number>> = {
  [ApiErrorCode.unauthenticated]: 401,
  [ApiErrorCode.forbidden]: 403,
  [ApiErrorCode.organizationChanged]: 409,
  // RFC 6585, 3.
  [ApiErrorCode.organizationRequired]: 428,
  [ApiErrorCode.rateLimited]: 429,
  [ApiErrorCode.unavailable]: 503,
  [ApiErrorCode.overloaded]: 503,
  [ApiErrorCode.internal]: 500,
  [ApiErrorCode.parseFailed]: 400,
  [ApiErrorCode.validationFailed]: 400,
  [ApiErrorCode.badUserInput]: 200,
  [ApiErrorCode.notFound]: 200,
  [ApiErrorCode.conflict]: 200,
};

type Reason = KeyRefusalReason | ForbiddenReason | NodeRefusalReason;

/** One entry of a request that is wrong. */
export interface RequestIssue {
  readonly code: string;
  /** `overrides.node.dbcache`. */
  readonly place: string;
  /** A sentence for a person. */
  readonly message: string;
}

interface ErrorFacts {
  readonly retryAfterMs?: number;
  readonly issues?: readonly RequestIssue[];
  readonly refusal?: RefusalFacts;
}

/**
 * A refusal with a sentence for the caller. Anything else that is thrown below the HTTP layer is a
 * bug or `StoreUnavailable`, and its text is not sent.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: Code;
  readonly reason: Reason | undefined;
  /** When to retry, if known. */
  readonly retryAfterMs: number | undefined;
  /** All entries of the request that are wrong, if the message is about several. */
  readonly issues: readonly RequestIssue[];
  /** What a caller that was refused may know of its key. */
  readonly refusal: RefusalFacts;

  constructor(code: Code, message: string, reason?: Reason, facts: ErrorFacts = {}) {
    super(message);
    const { retryAfterMs, issues = [], refusal = {} } = facts;
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.issues = issues;
    this.refusal = refusal;
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.code];
  }
}

export function rateLimited(message: string, retryAfterMs: number): ApiError {
  return new ApiError(ApiErrorCode.rateLimited, message, undefined, { retryAfterMs });
}

export function notFound(message: string): ApiError {
  return new ApiError(ApiErrorCode.notFound, message);
}

export function conflict(message: string, reason?: NodeRefusalReason): ApiError {
  return new ApiError(ApiErrorCode.conflict, message, reason);
}

export function badInput(message: string): ApiError {
  return new ApiError(ApiErrorCode.badUserInput, message);
}

/** The key itself may not be used. */
export function keyRefused(reason: KeyRefusalReason, message: string, refusal?: RefusalFacts): ApiError {
  return new ApiError(ApiErrorCode.unauthenticated, message, reason, refusal && { refusal });
}

/** The key or the person is known, but may not do this. */
export function forbidden(reason: ForbiddenReason, message: string, refusal?: RefusalFacts): ApiError {
  return new ApiError(ApiErrorCode.forbidden, message, reason, refusal && { refusal });
}
