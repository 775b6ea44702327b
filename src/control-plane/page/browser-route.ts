import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "../api-error.ts";
import { send } from "../http/http-answer.ts";
import { crossSiteRefusal } from "../http/same-origin.ts";
import { setSecurityHeaders } from "../http/security-headers.ts";
import type { People } from "../people/people.ts";
import type { PageAssets } from "./page-assets.ts";
import { OTHERS_PLACES, servePage } from "./page-route.ts";

/**
 * Whether the request was the page's or sign-in's, and answered; `answerTo`: what is said of an
 * error that is nobody's mistake. Executors come with a key, and are left alone.
 */
export function serveBrowser(
  request: IncomingMessage,
  response: ServerResponse,
  people: People | undefined,
  pageAssets: PageAssets,
  answerTo: (error: unknown) => ApiError,
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
  // Nothing else of a page than to look at it.
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
  void people.handle(request, response, answerTo);
  return true;
}
