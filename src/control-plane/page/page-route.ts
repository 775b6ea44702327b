import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../http/http-answer.ts";
import type { PageAsset, PageAssets } from "./page-assets.ts";

/** The URLs that the page's own router knows. */
const PLACES = /^\/(?:|api-keys|executors(?:\/[^/]+)?|audit|connect|members|invitation\/[^/]+|sign-in)$/;
/** Paths that are not the page's, even for a browser. */
export const OTHERS_PLACES: ReadonlySet<string> = new Set(["/graphql", "/healthz"]);
const IMMUTABLE = /^assets\//;
const NOT_BUILT = "The page is not built: run npm run build:page in the checkout, or install the package.\n";

/** Serves the page; returns false if `path` is not one of its paths. */
export function servePage(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  assets: PageAssets,
): boolean {
  const isPlace = PLACES.test(path);
  const file = isPlace ? "index.html" : path.slice(1);
  const asset = assets.find(file);
  if (asset === undefined && !isPlace) {
    return serveNothing(request, response, assets);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    send(response, { status: 405, headers: { Allow: "GET, HEAD" }, body: { message: "GET it" } });
  } else if (asset === undefined) {
    response.writeHead(503, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
    response.end(NOT_BUILT);
  } else {
    sendAsset(request, response, asset, IMMUTABLE.test(file));
  }
  return true;
}

/** Shows the page's own "not found" to people; returns false for programs. */
function serveNothing(request: IncomingMessage, response: ServerResponse, assets: PageAssets): boolean {
  const isLook = request.method === "GET" || request.method === "HEAD";
  const isPerson = request.headers.accept?.includes("text/html") === true;
  const page = isLook && isPerson ? assets.find("index.html") : undefined;
  if (page === undefined) {
    return false;
  }
  const { body, contentType } = page;
  response.writeHead(404, {
    "Cache-Control": "no-store",
    "Content-Type": contentType,
    "Content-Length": body.length,
  });
  response.end(request.method === "HEAD" ? undefined : body);
  return true;
}

/** Names below assets/ change with their content; browsers revalidate the rest each time. */
function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  { body, contentType, etag }: PageAsset,
  isImmutable: boolean,
): void {
  const caching = isImmutable ? "public, max-age=31536000, immutable" : "no-cache";
  const headers = { ETag: etag, "Cache-Control": caching };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Type": contentType, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
