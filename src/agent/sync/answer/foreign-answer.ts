import { STATUS_CODES } from "node:http";
import { printable } from "../../../lib/printable.ts";
import { type AnswerBody, wordsOf } from "./answer-body.ts";
import { RATE_LIMIT } from "./error-verdict.ts";
import { type Answer, CHECK_URL, header, isJson, statusWords, troubled } from "./http-answer.ts";
import { hasMarkHeader } from "./origin-marks.ts";
import { serverWords } from "./server-words.ts";
import type { Unreachable } from "./sync-outcome.ts";
import { wrongPath } from "./wrong-path.ts";

const NOT_THERE =
  "either another program has that port, or the path is wrong: look which program serves there; then set control_plane.url to that of the control plane, or have the proxy there pass the requests on to it";
const ANOTHER_PATH = "another path";
export const UPGRADE = "the versions of agent and control plane differ: upgrade the older one";

/**
 * What something in between answers in place of the control plane, known by its status or headers
 * alone; undefined for any other answer.
 */
export function answerOnTheWay(answer: Answer): Unreachable | undefined {
  const { status, host } = answer;
  if (status === 407) {
    return troubled(
      answer,
      "proxy-authentication",
      `a proxy in front of ${host} asks for credentials (407)`,
      {
        remedy: "put them into the proxy's URL, http://user:password@host:port, in control_plane.proxy",
      },
    );
  }
  // RFC 6585, 6.
  if (status === 511) {
    return troubled(
      answer,
      "captive-portal",
      `a captive portal answers in place of ${host}: this network asks for a sign-in first (511)`,
      { remedy: "sign in to the network from this host, or have its operator let this host pass" },
    );
  }
  const target = header(answer, "location");
  return status >= 300 && status < 400 && target !== undefined ? redirected(answer, target) : undefined;
}

/** What servers of files answer to any POST. */
const NOT_IMPLEMENTED = 501;

/** An answer without the form of a control plane: judged by its status and its words. */
export function foreign(answer: Answer, body: AnswerBody): Unreachable {
  const { status, host } = answer;
  const shape = `${shapeOf(body, status)}${servedBy(answer)}`;
  if (status === 401 || status === 403) {
    return foreignRefusal(answer, wordsOf(body));
  }
  if (status === 429) {
    const said = isRepeated(wordsOf(body), status) ? "" : quoted(wordsOf(body));
    const detail = `${host} asks for fewer requests (429)${said}${said && servedBy(answer)}`;
    return troubled(answer, "rate-limited", detail, { remedy: limitRemedy(answer) });
  }
  if (status === 408 || (status >= 500 && status !== NOT_IMPLEMENTED)) {
    return troubled(answer, "server-error", `${host} answered ${statusWords(status)}${shape}`);
  }
  if (status === 400 && /plain HTTP request was sent to HTTPS port/i.test(answer.body.slice(0, 4096))) {
    return troubled(answer, "not-a-control-plane", `${host} speaks TLS, but the request was plain HTTP`, {
      remedy: "write https:// in control_plane.url",
    });
  }
  if ([400, 411, 413, 415, 422].includes(status)) {
    const detail = `${host} does not understand this agent's request (${status})${shape}`;
    return troubled(answer, "rejected-request", detail, {
      remedy: `${CHECK_URL}; if they are right, ${UPGRADE}`,
    });
  }
  if (status < 300 && isJson(answer) && body.kind === "text" && body.title === undefined) {
    return troubled(answer, "answer-malformed", `${host} answered ${statusWords(status)} with damaged JSON`);
  }
  const ofPath = wrongPath(answer, body);
  if (ofPath !== undefined) {
    return ofPath;
  }
  const detail = `${host} answered ${statusWords(status)}${shape}: something other than a control plane answers at that URL`;
  return troubled(answer, "not-a-control-plane", detail, { remedy: NOT_THERE });
}

/** A refusal by somebody else. It says nothing about the key. `words` are the server's. */
export function foreignRefusal(answer: Answer, words: string | undefined): Unreachable {
  const { status, host } = answer;
  const said = quoted(words);
  if (words !== undefined && RATE_LIMIT.test(words)) {
    return troubled(answer, "rate-limited", `${host} asks for fewer requests: ${status}${said}`, {
      slow: true,
      remedy: limitRemedy(answer),
    });
  }
  const detail = `a server at ${host} answered ${status}${said}${servedBy(answer)}, but not as a control plane does: a proxy, or another program at that URL`;
  return troubled(answer, "foreign-refusal", detail, { remedy: CHECK_URL, slow: true });
}

/** Which limit to raise, if it is surely not the control plane's; undefined: waiting may help. */
export function limitRemedy(answer: Answer): string | undefined {
  return answer.isMarkExpected && !hasMarkHeader(answer)
    ? "the control plane there marks its answers, and this one has no mark: raise the limit of the proxy or gateway in front of it"
    : undefined;
}

function quoted(words: string | undefined): string {
  return words === undefined ? "" : ` ("${words}")`;
}

/** Most pages only repeat the status. */
function isRepeated(words: string | undefined, status: number): boolean {
  const standard = STATUS_CODES[status];
  return standard !== undefined && words?.toLowerCase().includes(standard.toLowerCase()) === true;
}

/** What an answer says of the program that gave it: ` (Server: nginx/1.22.1, text/html)`. */
function servedBy(answer: Answer): string {
  const server = header(answer, "server") ?? header(answer, "x-powered-by") ?? "";
  const type = (header(answer, "content-type") ?? "").split(";", 1)[0] ?? "";
  const parts = [server === "" ? "" : `Server: ${serverWords(server, 60)}`, serverWords(type.trim(), 60)];
  const known = parts.filter((part) => part !== "");
  return known.length === 0 ? "" : ` (${known.join(", ")})`;
}

/** The answer of any HTTP server to an unknown path, however well-formed. */
export function isNoSuchPath(status: number): boolean {
  return status === 404 || status === 405 || status === 410;
}

function shapeOf(body: AnswerBody, status: number): string {
  if (body.kind === "empty") {
    return status < 300 ? " with nothing in it" : "";
  }
  const words = wordsOf(body);
  const said = status >= 400 && isRepeated(words, status) ? "" : quoted(words);
  if (body.kind === "graphql") {
    return ` with GraphQL, which does not go with that status${said}`;
  }
  if (body.kind !== "text") {
    return ` with JSON that is not GraphQL${said}`;
  }
  if (body.title === undefined) {
    return ` with text that is not JSON${said}`;
  }
  return said === "" ? "" : ` with a page titled "${body.title}"`;
}

function redirected(answer: Answer, target: string): Unreachable {
  const { status, host } = answer;
  // The origin alone: a path or query may hold what nobody should read in a journal.
  const origin = URL.parse(target)?.origin;
  const place = origin === undefined || origin === "null" ? ANOTHER_PATH : printable(origin, 120);
  const detail = `${host} answered ${status}, a redirect to ${place}, which is not followed`;
  // A control plane that has moved names its new origin; pages with a sign-in name a path.
  return troubled(answer, "redirect", detail, {
    remedy:
      place === ANOTHER_PATH
        ? NOT_THERE
        : "if the control plane has moved there, set control_plane.url to it",
  });
}
