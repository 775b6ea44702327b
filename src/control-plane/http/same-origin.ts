import type { IncomingHttpHeaders } from "node:http";
import { printable } from "../../lib/printable.ts";
import { type ApiError, forbidden } from "../api-error.ts";

/** The parts of a request that say where it comes from. */
export interface SentFrom {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A document, which a link on any site may open, or anything else. */
export type Asked = "document" | "data";

/**
 * Whether the page at `origin`, or its user by hand, sent the request. Another site, even a sibling
 * of the same domain, may open a document in a tab and nothing more: it can make a browser send the
 * cookie, but it can forge neither Origin nor the Sec-Fetch headers (Fetch, 3.2; Fetch Metadata,
 * 2). Without Sec-Fetch-Site, Origin decides for every request that could change something.
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

/** Throws FORBIDDEN for a POST that another site sent. */
export function requireSameOrigin(headers: IncomingHttpHeaders, origin: string): void {
  const refusal = crossSiteRefusal({ method: "POST", headers }, "data", origin);
  if (refusal !== undefined) {
    throw refusal;
  }
}

/** The refusal for a request from another site; undefined if the page itself sent it. */
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
    { pageOrigin: origin },
  );
}
