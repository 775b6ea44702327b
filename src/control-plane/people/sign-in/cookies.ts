import type { IncomingHttpHeaders } from "node:http";
import { ApiError, ApiErrorCode } from "../../api-error.ts";

/** RFC 6265, 4.1.1, without the quotes: what we set has none. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,1024}$/;

export interface CookieNames {
  /** better-auth puts it before every name of its own. */
  readonly betterAuthPrefix: string;
  readonly session: string;
  readonly device: string;
}

export interface OwnCookies {
  readonly session: string | undefined;
  readonly device: string | undefined;
}

/**
 * Where the page is https, browsers take a `__Host-` cookie from this host alone, and none that a
 * neighbour under the same domain sets (RFC 6265bis, 4.1.3.2). They keep none without TLS: `http:`
 * is for this machine.
 */
export function cookieNames(origin: string): CookieNames {
  const prefix = isHttps(origin) ? "__Host-" : "";
  const betterAuthPrefix = `${prefix}better-auth`;
  return {
    betterAuthPrefix,
    session: `${betterAuthPrefix}.session_token`,
    device: `${prefix}novacula.device`,
  };
}

export function isHttps(origin: string): boolean {
  return origin.startsWith("https:");
}

/**
 * The cookies that are ours, by their exact names: every other one, under another prefix too, is
 * somebody else's. Throws an ApiError (401) where one comes twice: a browser that does so was given
 * one of them by somebody else.
 */
export function ownCookies({ cookie }: IncomingHttpHeaders, names: CookieNames): OwnCookies {
  const pairs = (cookie ?? "").split(";").map(pairOf);
  return { session: onlyValue(pairs, names.session), device: onlyValue(pairs, names.device) };
}

type Pair = readonly [name: string, value: string];

function pairOf(text: string): Pair {
  const end = text.indexOf("=");
  return end < 0 ? ["", ""] : [withoutBlanks(text.slice(0, end)), withoutBlanks(text.slice(end + 1))];
}

/**
 * Only what RFC 6265 calls white space is taken off: more would make another name one of ours. By
 * hand: a regular expression tries each of thousands of blanks anew, and everybody waits for it.
 */
function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) {
    start += 1;
  }
  while (start < end && isBlank(text[end - 1])) {
    end -= 1;
  }
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function onlyValue(pairs: readonly Pair[], wanted: string): string | undefined {
  const values = pairs.filter(([name]) => name === wanted).map(([, value]) => value);
  if (values.length > 1) {
    throw new ApiError(
      ApiErrorCode.unauthenticated,
      `the browser sent the cookie ${wanted} more than once, and one of them is not from here: ` +
        "delete the cookies of this site and of its parent domains, then sign in",
    );
  }
  const [value] = values;
  return value !== undefined && VALUE.test(value) ? value : undefined;
}
