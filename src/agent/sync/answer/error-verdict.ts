import { ErrorCode } from "../../../protocol/refusal.ts";
import type { ReportedError } from "./answer-body.ts";

/** What an error of a control plane means for an executor. */
type ErrorVerdict =
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

/**
 * Some guards and gateways report a rate limit or a spent quota as a 401 or 403. The message
 * reveals it.
 */
export const RATE_LIMIT =
  /\brate.?limit|too many requests|\bquota\b|\bthrottl|\b(?:limit|rate) exceeded|request limit|slow down/i;

/**
 * The messages of graphql-js for a request that does not fit the schema; some servers send them
 * with 200 and without a code.
 */
const VALIDATION =
  /^(Cannot query field |Unknown (argument|type|fragment|directive) |Syntax Error|Variable "\$|Field "[^"]*" (argument|of |must )|Must provide )/;

/**
 * If there are several errors, the first of these decides: a limit is not a refusal, and a refusal
 * outweighs the rest.
 */
const PRECEDENCE: readonly ErrorVerdict[] = ["rate-limited", "refused", "forbidden"];

/**
 * Reads the code, then the status in the body, then the status of the answer: each of them occurs
 * alone. An error without any of these is a fault of the control plane, not of the key.
 */
export function verdictOf(
  errors: readonly [ReportedError, ...ReportedError[]],
  httpStatus: number,
  isMarked: boolean,
): { readonly verdict: ErrorVerdict; readonly error: ReportedError } {
  const judged = errors.map((error) => ({ error, verdict: verdictOfOne(error, httpStatus, isMarked) }));
  for (const verdict of PRECEDENCE) {
    const found = judged.find((each) => each.verdict === verdict);
    if (found !== undefined) {
      return found;
    }
  }
  return { error: errors[0], verdict: verdictOfOne(errors[0], httpStatus, isMarked) };
}

function verdictOfOne(error: ReportedError, httpStatus: number, isMarked: boolean): ErrorVerdict {
  const { code, message, reason, status } = error;
  // The message of a control plane that marks its answers may contain the name of an executor.
  const isLimit = !isMarked && [code, reason, message].some((text) => RATE_LIMIT.test(text ?? ""));
  if (httpStatus === 429 || isLimit) {
    return "rate-limited";
  }
  // Apollo answers a refusal with 500. 502 and higher come from a control plane, or a proxy, that
  // could not check the key.
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
  // A code that only this control plane knows: it understood the request and declined it.
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
