import type { IncomingHttpHeaders } from "node:http";
import { printable } from "../lib/printable.ts";
import { forbidden } from "./api-error.ts";

/**
 * Lets a request with a cookie through only where the page itself sent it: another site's page can make a browser send
 * the cookie, but neither this Origin nor Sec-Fetch-Site (Fetch, 3.2; Fetch Metadata, 2.4).
 */
export function requireSameOrigin(headers: IncomingHttpHeaders, origin: string): void {
  const sent = headers.origin;
  if (sent === undefined ? headers["sec-fetch-site"] === "same-origin" : sent === origin) return;
  const where = sent === undefined ? "somewhere else" : printable(sent, 100);
  throw forbidden(
    "operation_not_allowed",
    `this request came from ${where} and not from the page at ${origin}: ` +
      "BETTER_AUTH_URL has to be what the browser's address bar shows",
  );
}
