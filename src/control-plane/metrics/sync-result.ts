import { type ApiError, ApiErrorCode } from "../api-error.ts";

/** How a request of an executor ended. */
export const SYNC_RESULTS = [
  "accepted",
  "key_refused",
  "executor_refused",
  "invalid",
  "unavailable",
  "failed",
] as const;
export type SyncResult = (typeof SYNC_RESULTS)[number];

/** Of a request that was answered with this error. */
export function resultOf({ code }: ApiError): SyncResult {
  switch (code) {
    case ApiErrorCode.unauthenticated:
      return "key_refused";
    case ApiErrorCode.forbidden:
      return "executor_refused";
    case ApiErrorCode.unavailable:
      return "unavailable";
    case ApiErrorCode.internal:
      return "failed";
    default:
      return "invalid";
  }
}
