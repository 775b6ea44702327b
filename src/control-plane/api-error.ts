import { ErrorCode, type ForbiddenReason, type KeyRefusalReason } from "../protocol/refusal.ts";

/** Every code that an answer's `errors[].extensions.code` can have. */
export const ApiErrorCode = {
  ...ErrorCode,
  /** There is no such organization, key or executor. */
  notFound: "NOT_FOUND",
  /** It is there, but in a state that does not allow this: revoked already, rotated by somebody else, a slug in use. */
  conflict: "CONFLICT",
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

  constructor(code: Code, message: string, reason?: KeyRefusalReason | ForbiddenReason) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
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
