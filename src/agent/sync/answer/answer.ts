import type * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { type ReportedError, readAnswerBody, wordsOf } from "./answer-body.ts";
import { decodeReply, type Question } from "./decode-reply.ts";
import { verdictOf } from "./error-verdict.ts";
import {
  answerOnTheWay,
  foreign,
  foreignRefusal,
  isNoSuchPath,
  limitRemedy,
  UPGRADE,
} from "./foreign-answer.ts";
import { type Answer, askedWaitMs, CHECK_URL, serverTimeMs, statusWords, troubled } from "./http-answer.ts";
import { hasMarkHeader } from "./origin-marks.ts";
import { isForeignChallenge, isForeignType, isOwnRefusal } from "./own-refusal.ts";
import type { Refusal, SyncOutcome, Unreachable } from "./sync-outcome.ts";

/**
 * The meaning of an answer; the only place that reads a status code. A refusal counts if it has the
 * control plane's mark. Control planes that are older have none: then it counts if it has exactly
 * the form of their refusals. Any other 401 or 403 comes from something in between.
 */
export function outcomeOfAnswer<Reply>(answer: Answer, question: Question<Reply>): SyncOutcome<Reply> {
  const { status } = answer;
  const onTheWay = answerOnTheWay(answer);
  if (onTheWay !== undefined) {
    return onTheWay;
  }
  const body = readAnswerBody(answer.body, status);
  // No control plane answers with 3xx: a cache or a portal does.
  if (status >= 300 && status < 400) {
    return foreign(answer, body);
  }
  if (body.kind === "graphql") {
    return outcomeOfGraphql(answer, body, question);
  }
  if (body.kind === "rest" && status >= 400 && !isNoSuchPath(status)) {
    return outcomeOfErrors(answer, body, [body.error]);
  }
  if (hasMarkHeader(answer) && (status === 401 || status === 403)) {
    return markedWithoutBody(answer, wordsOf(body));
  }
  return foreign(answer, body);
}

type GraphqlBody = Extract<ReturnType<typeof readAnswerBody>, { kind: "graphql" }>;
type ErrorBody = Extract<ReturnType<typeof readAnswerBody>, { kind: "graphql" | "rest" }>;

function outcomeOfGraphql<Reply>(
  answer: Answer,
  body: GraphqlBody,
  question: Question<Reply>,
): SyncOutcome<Reply> {
  const { errors, data } = body;
  const [first, ...others] = errors;
  const reply = decodeReply(data, question);
  if (first === undefined) {
    if (answer.status >= 400) {
      return foreign(answer, body);
    }
    return reply.success ? accepted(answer, reply.data) : malformed(answer, reply.error, question);
  }
  const failure = outcomeOfErrors(answer, body, [first, ...others]);
  // A resolver failed below an optional field: the operation itself succeeded.
  const isPartial = errors.every(({ path }) => path.length > 1 && path[0] === question.field);
  const mayAccept =
    answer.status < 300 && failure.kind === "unreachable" && MAY_BE_PARTIAL.has(failure.cause);
  return reply.success && isPartial && mayAccept ? accepted(answer, reply.data) : failure;
}

const MAY_BE_PARTIAL: ReadonlySet<string> = new Set(["server-error", "rejected-request"]);

function accepted<Reply>(answer: Answer, reply: Reply): SyncOutcome<Reply> {
  return { kind: "accepted", reply, serverTimeMs: serverTimeMs(answer) };
}

function outcomeOfErrors(
  answer: Answer,
  body: ErrorBody,
  errors: readonly [ReportedError, ...ReportedError[]],
): Refusal | Unreachable {
  const isMarked = hasMarkHeader(answer) || errors.some((error) => error.isMarked);
  const { verdict, error } = verdictOf(errors, answer.status, isMarked);
  switch (verdict) {
    case "refused":
    case "forbidden":
      return refusalOf(answer, body, { kind: verdict, error, isMarked });
    case "rate-limited":
      return troubled(answer, "rate-limited", `${answer.host} asks for fewer requests${saying(error)}`, {
        slow: answer.status === 401 || answer.status === 403,
        remedy: isMarked ? undefined : limitRemedy(answer),
      });
    case "server-error":
      return troubled(answer, "server-error", `${answer.host} answered ${failure(answer)}${saying(error)}`);
    case "declined":
      return declined(answer, error);
    case "rejected-request":
      return rejected(answer, error, isMarked);
  }
}

interface Verdict {
  readonly kind: Refusal["kind"];
  readonly error: ReportedError;
  readonly isMarked: boolean;
}

function refusalOf(
  answer: Answer,
  body: ErrorBody,
  { kind, error, isMarked }: Verdict,
): Refusal | Unreachable {
  const isForeign =
    isForeignChallenge(answer) || isForeignType(answer) || !isOwnRefusal(body.json, answer.status);
  if (!isMarked && isForeign) {
    return foreignRefusal(answer, wordsOf(body));
  }
  if (!isMarked && answer.isMarkExpected) {
    return unmarked(answer, error);
  }
  const { arrived, fingerprint } = error.facts;
  const isOther = fingerprint !== undefined && fingerprint !== answer.sentFingerprint;
  if (error.reason === "malformed" || isOther) {
    return changedOnTheWay(answer, arrived, isOther ? fingerprint : undefined);
  }
  return {
    kind,
    reason: error.reason,
    message: error.message,
    facts: error.facts,
    isMarked,
    httpStatus: answer.status,
    serverTimeMs: serverTimeMs(answer),
    retryAfterMs: askedWaitMs(answer),
  };
}

/** The control plane refused, but a proxy has put its own page over what it said. */
function markedWithoutBody(answer: Answer, words: string | undefined): Refusal {
  return {
    kind: answer.status === 401 ? "refused" : "forbidden",
    reason: undefined,
    message: words ?? "",
    facts: {},
    isMarked: true,
    httpStatus: answer.status,
    serverTimeMs: serverTimeMs(answer),
    retryAfterMs: askedWaitMs(answer),
  };
}

/** The form of a refusal, but not the mark that this control plane had. */
function unmarked(answer: Answer, error: ReportedError): Unreachable {
  const { status, host } = answer;
  const detail =
    `${host} answered ${status}${saying(error)}, but without the mark that the control plane there had: ` +
    "something in between refuses the request, or an older control plane refuses the key";
  return troubled(answer, "foreign-refusal", detail, {
    remedy: `${CHECK_URL}; if the control plane is an older version now, put a working key in`,
    slow: true,
  });
}

/** The agent sent one executor key, and the control plane did not get it. */
function changedOnTheWay(
  answer: Answer,
  arrived: ReportedError["facts"]["arrived"],
  fingerprint: string | undefined,
): Unreachable {
  const { host } = answer;
  const got =
    fingerprint !== undefined
      ? `got key ${fingerprint} instead of the key ${answer.sentFingerprint} that this agent sent: a proxy on the way changes`
      : arrived === "nothing"
        ? "got no Authorization header, although this agent sent its key: a proxy on the way removes"
        : arrived === undefined
          ? "got no executor key, although this agent sent one: a proxy on the way removes or replaces"
          : `got ${ARRIVED[arrived]}, although this agent sent its key: a proxy on the way replaces`;
  return troubled(answer, "authorization-changed", `${host} ${got} the header Authorization`, {
    remedy: `let every proxy between this host and ${host} pass the header Authorization on unchanged; the key can stay`,
    slow: true,
  });
}

const ARRIVED = {
  other_scheme: "another kind of credential",
  several: "two credentials in one header",
  not_a_key: "something that is no executor key",
} as const;

function declined(answer: Answer, error: ReportedError): Unreachable {
  const detail = `${answer.host} declined the request (${error.code})${saying(error)}`;
  return troubled(answer, "rejected-request", detail);
}

function rejected(answer: Answer, error: ReportedError, isMarked: boolean): Unreachable {
  const detail = `${answer.host} does not understand this agent's request (${answer.status})${saying(error)}`;
  // Any server with GraphQL answers so to documents that it does not know.
  const remedy = isMarked ? UPGRADE : `${CHECK_URL}; if that is the control plane, ${UPGRADE}`;
  return troubled(answer, "rejected-request", detail, { remedy });
}

function malformed<Reply>(answer: Answer, error: z.ZodError, { field }: Question<Reply>): Unreachable {
  const issue = error.issues[0];
  const path = [field, ...(issue?.path ?? [])].join(".");
  const problem = printable(issue?.message ?? "invalid", 80).replace(/^Invalid input: /, "");
  const detail = `${answer.host} answered without a valid ${printable(path, 80)}: ${problem}`;
  return troubled(answer, "answer-malformed", detail, { remedy: UPGRADE });
}

function saying({ message }: ReportedError): string {
  return message === "" ? "" : `: "${message}"`;
}

function failure({ status }: Answer): string {
  return status < 300 ? "with an error" : statusWords(status);
}
