import { ErrorCode } from "../../../protocol/refusal.ts";
import type { ReportedError } from "./answer-body.ts";

/** What an error that a control plane reported comes to for an executor. */
export type ErrorVerdict =
  | "rate-limited"
  | "refused"
  | "forbidden"
  | "server-error"
  | "rejected-request"
  | "declined";

const BY_CODE = new Map<string, ErrorVerdict>([
  ["RATE_LIMITED", "rate-limited"],
  ["RATE_LIMIT_EXCEEDED", "rate-limited"],
  ["TOO_MANY_REQUESTS", "rate-limited"],
  ["THROTTLED", "rate-limited"],
  [ErrorCode.unauthenticated, "refused"],
  [ErrorCode.forbidden, "forbidden"],
  [ErrorCode.unavailable, "server-error"],
  [ErrorCode.badUserInput, "rejected-request"],
  ["BAD_REQUEST", "rejected-request"],
  ["GRAPHQL_PARSE_FAILED", "rejected-request"],
  ["GRAPHQL_VALIDATION_FAILED", "rejected-request"],
]);

/** A guard that takes every failed check for a bad key dresses its own rate limit as a 401: what it says gives it away. */
const RATE_LIMIT = /\brate.?limit|too many requests/i;

/** graphql-js's words for a request that does not fit the schema; some servers send them with 200 and no code. */
const VALIDATION =
  /^(Cannot query field |Unknown (argument|type|fragment|directive) |Syntax Error|Variable "\$|Field "[^"]*" (argument|of |must )|Must provide )/;

/** In the order in which one verdict among several errors decides: a limit is not a refusal, and a refusal outweighs the rest. */
const PRECEDENCE: readonly ErrorVerdict[] = ["rate-limited", "refused", "forbidden"];

/**
 * Reads code, then the status hidden in the body, then the answer's own status: research in the field found each of
 * them alone. An error without any of these is the control plane's own trouble, not the key's.
 */
export function verdictOf(
  errors: readonly [ReportedError, ...ReportedError[]],
  httpStatus: number,
): { readonly verdict: ErrorVerdict; readonly error: ReportedError } {
  const judged = errors.map((error) => ({ error, verdict: verdictOfOne(error, httpStatus) }));
  for (const verdict of PRECEDENCE) {
    const found = judged.find((each) => each.verdict === verdict);
    if (found !== undefined) {
      return found;
    }
  }
  return { error: errors[0], verdict: verdictOfOne(errors[0], httpStatus) };
}

function verdictOfOne(error: ReportedError, httpStatus: number): ErrorVerdict {
  const { code, message, reason, status } = error;
  if (httpStatus === 429 || [code, reason, message].some((text) => RATE_LIMIT.test(text ?? ""))) {
    return "rate-limited";
  }
  // Apollo answers a refusal with 500; 502 and up come from a control plane, or a proxy, that could not ask.
  if (httpStatus > 500) {
    return "server-error";
  }
  const known = BY_CODE.get(code ?? "") ?? byStatus(status) ?? byStatus(httpStatus);
  if (known !== undefined) {
    return known;
  }
  if (VALIDATION.test(message)) {
    return "rejected-request";
  }
  // A code of the control plane's own: it understood what was asked, and would not.
  return code === undefined || code === ErrorCode.internal ? "server-error" : "declined";
}

function byStatus(status: number | undefined): ErrorVerdict | undefined {
  if (status === undefined || status < 400) {
    return undefined;
  }
  if (status === 429) {
    return "rate-limited";
  }
  if (status === 401) {
    return "refused";
  }
  if (status === 403) {
    return "forbidden";
  }
  return status >= 500 || status === 408 ? "server-error" : "rejected-request";
}
