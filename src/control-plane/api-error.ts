import { OVERLOADED } from "../protocol/overloaded.ts";
import { ErrorCode, type ForbiddenReason, type KeyRefusalReason } from "../protocol/refusal.ts";
import { ORGANIZATION_CHANGED } from "../protocol/shown-organization.ts";

/** Every code that an answer's `errors[].extensions.code` can have. */
export const ApiErrorCode = {
  ...ErrorCode,
  /** There is no such organization, key or executor. */
  notFound: "NOT_FOUND",
  /** It is there, but in a state that does not allow this: revoked already, rotated by somebody else, a slug in use. */
  conflict: "CONFLICT",
  /**
   * The page shows another organization than the session is about. Nothing was written, nothing
   * read.
   */
  organizationChanged: ORGANIZATION_CHANGED,
  /** A change over a session does not name the organization that it is for. */
  organizationRequired: "ORGANIZATION_REQUIRED",
  /** There is no place in the queue for it: nothing was done, and in a few seconds there may be one. */
  overloaded: OVERLOADED,
  parseFailed: "GRAPHQL_PARSE_FAILED",
  validationFailed: "GRAPHQL_VALIDATION_FAILED",
} as const;

type Code = (typeof ApiErrorCode)[keyof typeof ApiErrorCode];

/**
 * An answer that says no, in a sentence for the caller. Anything else that is thrown below the HTTP layer is a bug or
 * `StoreUnavailable`, and its text stays inside.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: Code;
  readonly reason: KeyRefusalReason | ForbiddenReason | undefined;
  /** When it may be tried again, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: Code,
    message: string,
    reason?: KeyRefusalReason | ForbiddenReason,
    retryAfterMs?: number,
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export function rateLimited(message: string, retryAfterMs: number): ApiError {
  return new ApiError(ApiErrorCode.rateLimited, message, undefined, retryAfterMs);
}

export function notFound(message: string): ApiError {
  return new ApiError(ApiErrorCode.notFound, message);
}

export function conflict(message: string): ApiError {
  return new ApiError(ApiErrorCode.conflict, message);
}

export function badInput(message: string): ApiError {
  return new ApiError(ApiErrorCode.badUserInput, message);
}

export function forbidden(reason: ForbiddenReason, message: string): ApiError {
  return new ApiError(ApiErrorCode.forbidden, message, reason);
}
