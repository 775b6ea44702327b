import type { IncomingHttpHeaders } from "node:http";
import { printable } from "../../lib/printable.ts";
import { type ApiError, forbidden } from "../api-error.ts";

/** As much of a request as says where it comes from. */
export interface SentFrom {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** What is asked for: a page that a link of any site may open, or anything else. */
export type Asked = "document" | "data";

/**
 * Whether the page at `origin` itself sent the request, or its person by hand. Another site, a
 * sibling of the same domain included, may open a document in a tab and nothing more: it can make a
 * browser send the cookie, but neither this Origin nor these Sec-Fetch headers (Fetch, 3.2; Fetch
 * Metadata, 2). A browser that sends no Sec-Fetch-Site, and a program, are known by Origin for all
 * that could change something.
 */
export function isFromOwnPage({ method, headers }: SentFrom, asked: Asked, origin: string): boolean {
  const isLook = method === "GET" || method === "HEAD";
  const sent = headers.origin;
  switch (headers["sec-fetch-site"]) {
    case undefined:
      return isLook || sent === origin;
    case "same-origin":
      return isLook || sent === undefined || sent === origin;
    case "none":
      return isLook;
    default:
      return asked === "document" && method === "GET" && isTopLevel(headers);
  }
}

function isTopLevel(headers: IncomingHttpHeaders): boolean {
  return headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
}

/** Rejects a POST that another site has sent. */
export function requireSameOrigin(headers: IncomingHttpHeaders, origin: string): void {
  const refusal = crossSiteRefusal({ method: "POST", headers }, "data", origin);
  if (refusal !== undefined) {
    throw refusal;
  }
}

/** What is said to another site; undefined: the page itself sent the request. */
export function crossSiteRefusal(request: SentFrom, asked: Asked, origin: string): ApiError | undefined {
  if (isFromOwnPage(request, asked, origin)) {
    return undefined;
  }
  const sent = request.headers.origin;
  const where = sent === undefined || sent === origin ? "another site" : printable(sent, 100);
  return forbidden(
    "operation_not_allowed",
    `this request came from ${where} and not from the page at ${origin}: ` +
      "BETTER_AUTH_URL has to be what the browser's address bar shows",
  );
}
