import { OVERLOADED } from "../protocol/overloaded.ts";
import { ErrorCode, type ForbiddenReason, type KeyRefusalReason } from "../protocol/refusal.ts";
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
 * A refusal with a sentence for the caller. Anything else that is thrown below the HTTP layer is a
 * bug or `StoreUnavailable`, and its text is not sent.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: Code;
  readonly reason: KeyRefusalReason | ForbiddenReason | undefined;
  /** When to retry, if known. */
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
