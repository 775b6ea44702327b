import type { IncomingMessage, ServerResponse } from "node:http";
import { HEALTH_PATHS } from "../health/health-route.ts";
import { acceptedCodings } from "../http/content-coding.ts";
import { send } from "../http/http-answer.ts";
import type { PageAsset, PageAssets } from "./page-assets.ts";

/** The URLs that the page's own router knows. */
const PLACES =
  /^\/(?:|(?:api-keys|executors)(?:\/[^/]+)?|account|audit|connect|members|setup|invitation\/[^/]+|sign-in)$/;
/** Paths that are not the page's, even for a browser. */
export const OTHERS_PLACES: ReadonlySet<string> = new Set(["/graphql", ...HEALTH_PATHS]);
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
  const { body, headers } = variantFor(request, page);
  response.writeHead(404, { ...headers, "Cache-Control": "no-store", "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
  return true;
}

/** Names below assets/ change with their content; browsers revalidate the rest each time. */
function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  asset: PageAsset,
  isImmutable: boolean,
): void {
  const { body, etag, headers } = variantFor(request, asset);
  const caching = isImmutable ? "public, max-age=31536000, immutable" : "no-cache";
  const validators = { ETag: etag, "Cache-Control": caching, Vary: "Accept-Encoding" };
  if (isKnown(request.headers["if-none-match"], etag)) {
    response.writeHead(304, validators).end();
    return;
  }
  response.writeHead(200, { ...validators, ...headers, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The smallest form that the browser accepts. */
function variantFor({ headers }: IncomingMessage, { contentType, plain, coded }: PageAsset) {
  const coding = acceptedCodings(headers["accept-encoding"]).find((each) => coded[each] !== undefined);
  const variant = coding === undefined ? plain : (coded[coding] ?? plain);
  return {
    ...variant,
    headers: {
      "Content-Type": contentType,
      Vary: "Accept-Encoding",
      ...(coding === undefined ? {} : { "Content-Encoding": coding }),
    },
  };
}

/** RFC 9110, 13.1.2: a list, compared weakly, because a proxy may have weakened the tag. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}
