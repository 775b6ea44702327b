import type { IncomingMessage, ServerResponse } from "node:http";
import { ANSWER_MARK, ANSWER_MARK_EXTENSION, ANSWER_MARK_HEADER } from "../../protocol/answer-mark.ts";
import { ApiError, ApiErrorCode } from "../api-error.ts";

const RETRY_AFTER_SECONDS = 2;
const DISCARD_MS = 1000;

/** Tells agents that the answer does not come from something in between. */
export const MARKED = { [ANSWER_MARK_HEADER]: ANSWER_MARK } as const;

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

/** The media types of a GraphQL answer. */
export type GraphqlMediaType = "application/json" | "application/graphql-response+json";

export function send(response: ServerResponse, answer: HttpAnswer, mediaType = "application/json"): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  response.end(begin(response, answer, mediaType));
}

/**
 * Answers while the client is still sending a body that nobody will read, and ends the connection a
 * moment later. Ending it at once would reset it, and the client would lose the answer.
 */
export function sendAndClose(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  response.setHeader("Connection", "close");
  response.write(begin(response, answer, "application/json"));
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, DISCARD_MS);
  request.once("close", end).once("end", end).resume();
}

function begin(response: ServerResponse, answer: HttpAnswer, mediaType: string): string {
  const body = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    "Content-Type": `${mediaType}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...answer.headers,
  });
  return body;
}

/**
 * An error in both conventions: a GraphQL body, and the matching HTTP status. A 401 or 403 also
 * carries NestJS's `originalError`, which its clients read.
 */
export function errorAnswer(error: ApiError, mediaType: GraphqlMediaType): HttpAnswer {
  const status = statusOf(error, mediaType);
  const { code, reason, issues, message, refusal } = error;
  const isRefusal = status === 401 || status === 403;
  const extensions = {
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(issues.length === 0 ? {} : { issues }),
    ...refusal,
    [ANSWER_MARK_EXTENSION]: ANSWER_MARK,
    ...(isRefusal ? { originalError: { message, statusCode: status } } : {}),
  };
  return {
    status,
    headers: {
      ...MARKED,
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
      ...retryAfter(status, error.retryAfterMs),
    },
    body: { errors: [{ message, extensions }], data: null },
  };
}

function retryAfter(status: number, retryAfterMs: number | undefined): Record<string, string> {
  if (retryAfterMs !== undefined) {
    return { "Retry-After": String(Math.ceil(retryAfterMs / 1000)) };
  }
  return status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {};
}

/** `reason` may be shown to anybody. `remedy` names paths: only the operator may see it. */
export function unavailable(reason: string, remedy?: string): ApiError {
  const advice = remedy ?? "Try again later. Its log says more";
  return new ApiError(
    ApiErrorCode.unavailable,
    `the control plane cannot use its database: ${reason}. ${advice}`,
  );
}

/** GraphQL over HTTP, 6.4: under the older media type, a document with errors gets a 200. */
function statusOf({ code, httpStatus }: ApiError, mediaType: GraphqlMediaType): number {
  const isOfDocument = code === ApiErrorCode.parseFailed || code === ApiErrorCode.validationFailed;
  return isOfDocument && mediaType === "application/json" ? 200 : httpStatus;
}
