import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../http/http-answer.ts";
import { crossSiteRefusal } from "../http/same-origin.ts";
import { setSecurityHeaders } from "../http/security-headers.ts";
import type { People } from "../people/people.ts";
import type { PageAssets } from "./page-assets.ts";
import { OTHERS_PLACES, servePage } from "./page-route.ts";

/**
 * Serves the page and sign-in; returns false if the request is for neither. Requests with a key
 * come from executors and are left to others.
 */
export function serveBrowser(
  request: IncomingMessage,
  response: ServerResponse,
  people: People | undefined,
  pageAssets: PageAssets,
): boolean {
  if (people === undefined || request.headers.authorization !== undefined) {
    return false;
  }
  setSecurityHeaders(response, people.origin);
  const path = request.url?.split("?", 1)[0] ?? "";
  if (OTHERS_PLACES.has(path)) {
    return false;
  }
  if (path.startsWith("/api/auth/")) {
    void people.handle(request, response);
    return true;
  }
  // The page is only ever fetched, so another method gets 405 whatever site it comes from.
  const refusal = request.method === "GET" ? crossSiteRefusal(request, "document", people.origin) : undefined;
  if (refusal === undefined) {
    return servePage(request, response, path, pageAssets);
  }
  const { code, message } = refusal;
  send(response, { status: 403, body: { code, message } });
  return true;
}
