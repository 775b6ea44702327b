import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ANSWER_VERSION_HEADER, KNOWN_ANSWER_HEADER } from "../../protocol/answer-mark.ts";
import { acceptedCodings } from "../http/content-coding.ts";
import { type GraphqlMediaType, MARKED } from "../http/http-answer.ts";

/** Below this, gzip saves less than it costs. */
const MIN_GZIP_BYTES = 1024;
const compress = promisify(gzip);

/**
 * Answers a query that the page repeats: with 204 if nothing has changed since the answer that the
 * page names, otherwise with the answer, its version, and compressed. Only requests with
 * KNOWN_ANSWER_HEADER are answered like this, and the page sends it with no request whose answer
 * has a secret: the size of a compressed answer says something of its content.
 */
export async function sendRepeated(
  request: IncomingMessage,
  response: ServerResponse,
  result: unknown,
  mediaType: GraphqlMediaType,
): Promise<void> {
  const text = JSON.stringify(result);
  const version = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  if (response.destroyed || response.headersSent) {
    return;
  }
  if (request.headers[KNOWN_ANSWER_HEADER] === version) {
    // They protect a content, and there is none. Most of what a quiet page receives were these.
    for (const name of response.getHeaderNames().filter((each) => each !== "set-cookie")) {
      response.removeHeader(name);
    }
    response.writeHead(204, { ...MARKED, "Cache-Control": "no-store" }).end();
    return;
  }
  const isLong = text.length >= MIN_GZIP_BYTES;
  const isGzip = isLong && acceptedCodings(request.headers["accept-encoding"]).includes("gzip");
  const body = isGzip ? await compress(text) : Buffer.from(text);
  if (response.destroyed) {
    return;
  }
  response.writeHead(200, {
    ...MARKED,
    "Content-Type": `${mediaType}; charset=utf-8`,
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    [ANSWER_VERSION_HEADER]: version,
    ...(isGzip ? { "Content-Encoding": "gzip" } : {}),
  });
  response.end(body);
}
