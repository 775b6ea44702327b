import type { IncomingHttpHeaders } from "node:http";
import { ApiError, ApiErrorCode } from "../../api-error.ts";

/** A cookie's value by RFC 6265, 4.1.1, without quotes: our cookies have none. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,1024}$/;

export interface CookieNames {
  /** better-auth begins the name of each of its cookies with it. */
  readonly betterAuthPrefix: string;
  readonly session: string;
  readonly device: string;
}

interface OwnCookies {
  readonly session: string | undefined;
  readonly device: string | undefined;
}

/**
 * With https our cookies have the prefix `__Host-`: browsers accept such a cookie only from this
 * host, not from another one under the same domain (RFC 6265bis, 4.1.3.2). Without TLS they reject
 * the prefix, so plain http (localhost only) does without it.
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
 * Our cookies, found by their exact names. Throws an ApiError (401) if one was sent twice: then
 * another host has set one of the two.
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
 * Trims only what RFC 6265 calls white space: trimming more would turn other names into ours. Not a
 * regular expression, because its time grows with the square of the number of blanks.
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
      `the browser sent the cookie ${wanted} more than once, and another site set one of them: ` +
        "delete the cookies of this site and of its parent domains, then sign in",
    );
  }
  const [value] = values;
  return value !== undefined && VALUE.test(value) ? value : undefined;
}
