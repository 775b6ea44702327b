import type { IncomingMessage } from "node:http";
import { clientAddress } from "../../http/client-address.ts";
import { type CookieNames, ownCookies } from "./cookies.ts";

/**
 * A request as better-auth takes it: the headers that matter to it, of the cookies the session's
 * alone, and the address that we know. Throws an ApiError where a cookie comes twice.
 */
export function authHeaders(request: IncomingMessage, names: CookieNames): Headers {
  const passed = new Headers();
  for (const name of ["content-type", "origin", "user-agent", "accept"] as const) {
    const value = request.headers[name];
    if (value !== undefined) {
      passed.set(name, value);
    }
  }
  const { session } = ownCookies(request.headers, names);
  if (session !== undefined) {
    passed.set("cookie", `${names.session}=${session}`);
  }
  const address = clientAddress(request);
  if (address !== undefined) {
    passed.set("x-novacula-address", address);
  }
  return passed;
}
