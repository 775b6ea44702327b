const LONGEST_MS = 10 * 60_000;
/**
 * IMF-fixdate, the only form that a server may send (RFC 9110, 5.6.7). `Date.parse` alone accepts
 * `1` as a date.
 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An HTTP date as epoch ms; undefined for anything else (RFC 9110 5.6.7). */
export function httpDateMs(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) {
    return undefined;
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * The wait that `Retry-After` asks for, in ms, at most ten minutes: seconds, or a date judged by
 * the server's own clock (RFC 9110, 10.2.3). Undefined for zero, the past and anything unreadable.
 */
export function retryAfterMs(text: string | undefined, serverNowMs: number): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = text.trim();
  const at = httpDateMs(value);
  const ms = /^\d{1,12}$/.test(value) ? Number(value) * 1000 : at === undefined ? 0 : at - serverNowMs;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : undefined;
}
