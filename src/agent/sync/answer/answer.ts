import { STATUS_CODES } from "node:http";
import type * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { type AnswerBody, type ReportedError, readAnswerBody } from "./answer-body.ts";
import { decodeReply, type Question } from "./decode-reply.ts";
import { verdictOf } from "./error-verdict.ts";
import { httpDateMs, retryAfterMs } from "./retry-after.ts";
import { type Refusal, type SyncOutcome, type Unreachable, unreachable } from "./sync-outcome.ts";

/** An HTTP answer, read completely. */
export interface Answer {
  readonly status: number;
  /** Lower-case names, as undici and node:http give them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** When it came by this host's clock, epoch ms. */
  readonly receivedAtMs: number;
  /** The name of the control plane in messages: `cp.example.com`. */
  readonly host: string;
}

const CHECK_URL = "check control_plane.url, and any proxy between this host and it";
const UPGRADE = "the versions of agent and control plane differ: upgrade the older one";

/**
 * The meaning of an answer; the only place that reads a status code. Every known form of a refusal
 * by a control plane counts as a refusal; a 401 in any other form comes from something in between.
 */
export function outcomeOfAnswer<Reply>(answer: Answer, question: Question<Reply>): SyncOutcome<Reply> {
  const { status } = answer;
  if (status === 407) {
    return troubled(
      answer,
      "proxy-authentication",
      `a proxy in front of ${answer.host} asks for credentials (407)`,
      {
        remedy: "put them into the proxy's URL, http://user:password@host:port, in control_plane.proxy",
      },
    );
  }
  const target = header(answer, "location");
  if (status >= 300 && status < 400 && target !== undefined) {
    return redirected(answer, target);
  }
  const body = readAnswerBody(answer.body, status);
  if (body.kind === "graphql") {
    return outcomeOfGraphql(answer, body.errors, body.data, question);
  }
  if (body.kind === "rest" && status >= 400 && !isNoSuchPath(status)) {
    return outcomeOfErrors(answer, [body.error]);
  }
  return foreign(answer, body);
}

/** The control plane's clock by its answer, epoch ms. */
export function serverTimeMs(answer: Answer): number | undefined {
  return httpDateMs(header(answer, "date"));
}

function outcomeOfGraphql<Reply>(
  answer: Answer,
  errors: readonly ReportedError[],
  data: unknown,
  question: Question<Reply>,
): SyncOutcome<Reply> {
  const [first, ...others] = errors;
  const reply = decodeReply(data, question);
  if (first === undefined) {
    if (answer.status >= 400) {
      return foreign(answer, { kind: "foreign" });
    }
    return reply.success ? accepted(answer, reply.data) : malformed(answer, reply.error, question);
  }
  const failure = outcomeOfErrors(answer, [first, ...others]);
  // A resolver failed below an optional field: the operation itself succeeded.
  const isPartial = errors.every(({ path }) => path.length > 1 && path[0] === question.field);
  const mayAccept = answer.status < 300 && failure.kind === "unreachable" && failure.cause !== "rate-limited";
  return reply.success && isPartial && mayAccept ? accepted(answer, reply.data) : failure;
}

function accepted<Reply>(answer: Answer, reply: Reply): SyncOutcome<Reply> {
  return { kind: "accepted", reply, serverTimeMs: serverTimeMs(answer) };
}

function outcomeOfErrors(
  answer: Answer,
  errors: readonly [ReportedError, ...ReportedError[]],
): Refusal | Unreachable {
  const { verdict, error } = verdictOf(errors, answer.status);
  switch (verdict) {
    case "refused":
    case "forbidden":
      return {
        kind: verdict,
        reason: error.reason,
        message: error.message,
        httpStatus: answer.status,
        serverTimeMs: serverTimeMs(answer),
        retryAfterMs: askedWaitMs(answer),
      };
    case "rate-limited":
      return troubled(answer, "rate-limited", `${answer.host} asks for fewer requests${saying(error)}`);
    case "server-error":
      return troubled(answer, "server-error", `${answer.host} answered ${failure(answer)}${saying(error)}`);
    case "declined":
      return declined(answer, error);
    case "rejected-request":
      return rejected(answer, saying(error), UPGRADE);
  }
}

/** An answer without the form of a control plane: judged by its status alone. */
function foreign(answer: Answer, body: AnswerBody): Unreachable {
  const { status, host } = answer;
  const shape = shapeOf(body, status);
  if (status === 401 || status === 403) {
    const detail = `a server at ${host} answered ${status}, but not as a control plane does: a proxy or a wrong URL`;
    const titled = body.kind === "text" && body.title !== undefined ? ` (a page titled "${body.title}")` : "";
    return troubled(answer, "foreign-refusal", `${detail}${titled}`, { remedy: CHECK_URL, slow: true });
  }
  if (status === 429) {
    return troubled(answer, "rate-limited", `${host} asks for fewer requests (429)`);
  }
  if (status === 408 || status >= 500) {
    return troubled(answer, "server-error", `${host} answered ${words(status)}${shape}`);
  }
  if (status === 400 && /plain HTTP request was sent to HTTPS port/i.test(answer.body.slice(0, 4096))) {
    return troubled(answer, "not-a-control-plane", `${host} speaks TLS, but the request was plain HTTP`, {
      remedy: "write https:// in control_plane.url",
    });
  }
  if ([400, 411, 413, 415, 422].includes(status)) {
    return rejected(answer, shape, `${CHECK_URL}; if they are right, ${UPGRADE}`);
  }
  if (status < 300 && isJson(answer) && body.kind === "text" && body.title === undefined) {
    return troubled(answer, "answer-malformed", `${host} answered ${words(status)} with damaged JSON`);
  }
  const detail = `${host} answered ${words(status)}${shape}: not a control plane, or not its URL`;
  return troubled(answer, "not-a-control-plane", detail, { remedy: CHECK_URL });
}

/** The answer of any HTTP server to an unknown path, however well-formed. */
function isNoSuchPath(status: number): boolean {
  return status === 404 || status === 405 || status === 410;
}

function shapeOf(body: AnswerBody, status: number): string {
  if (body.kind === "empty") {
    return status < 300 ? " with nothing in it" : "";
  }
  if (body.kind !== "text") {
    return " with JSON that is not GraphQL";
  }
  if (body.title === undefined) {
    return " with text that is not JSON";
  }
  // Most pages only repeat the status.
  const isRepeated = body.title.includes(STATUS_CODES[status] ?? body.title);
  return isRepeated && status >= 400 ? "" : ` with a page titled "${body.title}"`;
}

function redirected(answer: Answer, target: string): Unreachable {
  const { status, host } = answer;
  // The origin alone: a path or query may hold what nobody should read in a journal.
  const origin = URL.parse(target)?.origin;
  const place = origin === undefined || origin === "null" ? "another path" : printable(origin, 120);
  const detail = `${host} answered ${status}, a redirect to ${place}, which is not followed`;
  return troubled(answer, "redirect", detail, {
    remedy: "if the control plane has moved there, set control_plane.url to it",
  });
}

function declined(answer: Answer, error: ReportedError): Unreachable {
  const detail = `${answer.host} declined the request (${error.code})${saying(error)}`;
  return troubled(answer, "rejected-request", detail);
}

function rejected(answer: Answer, what: string, remedy: string): Unreachable {
  const detail = `${answer.host} does not understand this agent's request (${answer.status})${what}`;
  return troubled(answer, "rejected-request", detail, { remedy });
}

function malformed<Reply>(answer: Answer, error: z.ZodError, { field }: Question<Reply>): Unreachable {
  const issue = error.issues[0];
  const path = [field, ...(issue?.path ?? [])].join(".");
  const problem = printable(issue?.message ?? "invalid", 80).replace(/^Invalid input: /, "");
  const detail = `${answer.host} answered without a valid ${printable(path, 80)}: ${problem}`;
  return troubled(answer, "answer-malformed", detail, { remedy: UPGRADE });
}

function troubled(
  answer: Answer,
  cause: Unreachable["cause"],
  detail: string,
  more: { readonly remedy?: string; readonly slow?: boolean } = {},
): Unreachable {
  return unreachable(cause, detail, {
    ...more,
    httpStatus: answer.status,
    retryAfterMs: askedWaitMs(answer),
  });
}

function askedWaitMs(answer: Answer): number | undefined {
  return retryAfterMs(header(answer, "retry-after"), serverTimeMs(answer) ?? answer.receivedAtMs);
}

function saying({ message }: ReportedError): string {
  return message === "" ? "" : `: "${message}"`;
}

function failure({ status }: Answer): string {
  return status < 300 ? "with an error" : words(status);
}

/** `503 Service Unavailable`: with the standard words, never those of the server. */
function words(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trim();
}

function isJson(answer: Answer): boolean {
  return /\bjson\b/i.test(header(answer, "content-type") ?? "");
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
