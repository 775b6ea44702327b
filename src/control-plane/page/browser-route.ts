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
  const isForAuth = path.startsWith("/api/auth/");
  // The page is only ever fetched, so another method gets 405 whatever site it comes from.
  if (!isForAuth && request.method !== "GET") {
    return servePage(request, response, path, pageAssets);
  }
  const refusal = crossSiteRefusal(request, isForAuth ? "data" : "document", people.origin);
  if (refusal !== undefined) {
    const { code, message } = refusal;
    send(response, { status: 403, body: { code, message } });
    return true;
  }
  if (!isForAuth) {
    return servePage(request, response, path, pageAssets);
  }
  void people.handle(request, response);
  return true;
}
