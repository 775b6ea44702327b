import type { IncomingMessage } from "node:http";

/**
 * Far more than any real request. Small enough even for a document full of errors: graphql-js takes
 * 0.35 s for 1 MiB of them.
 */
export const MAX_BODY_BYTES = 64 * 1024;
/**
 * Of an executor whose key is valid: a whole report about 64 nodes, each of two processes that are
 * in error, and about as many that are unlisted.
 */
export const MAX_REPORT_BYTES = 256 * 1024;

/** Why a body was not read, in an HTTP status, a code and a sentence. */
export interface RefusedBody {
  readonly kind: "refused";
  readonly status: 413 | 415;
  readonly code: "UNSUPPORTED_MEDIA_TYPE" | "REQUEST_ENTITY_TOO_LARGE";
  readonly message: string;
}

export type RequestBody =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  | RefusedBody
  /** The client closed the connection, or the server's request timeout did. */
  | { readonly kind: "incomplete" };

const NOT_JSON: RefusedBody = {
  kind: "refused",
  status: 415,
  code: "UNSUPPORTED_MEDIA_TYPE",
  message: "send the request as Content-Type: application/json",
};

/**
 * Reads at most `most` bytes and leaves the rest of a larger body unread. The server's
 * requestTimeout limits how long it takes.
 */
export async function readJsonBody(request: IncomingMessage, most: number): Promise<RequestBody> {
  if (!isJson(request.headers["content-type"])) {
    return NOT_JSON;
  }
  if (Number(request.headers["content-length"] ?? 0) > most) {
    return tooLarge(most);
  }
  // The client has closed the connection already, so no event will come.
  if (request.destroyed) {
    return { kind: "incomplete" };
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const take = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= most) {
        return void chunks.push(chunk);
      }
      // Stop reading, but keep the connection: the answer still has to go out.
      request.off("data", take).pause();
      resolve(tooLarge(most));
    };
    request
      .on("data", take)
      .once("end", () => resolve({ kind: "complete", bytes: Buffer.concat(chunks) }))
      .once("error", () => resolve({ kind: "incomplete" }))
      .once("close", () => resolve({ kind: "incomplete" }));
  });
}

/**
 * Whether the whole body arrived together with the headers, as it does for small requests: then
 * nothing happened in between.
 */
export async function hasArrived(request: IncomingMessage): Promise<boolean> {
  // Node's parser handles the bytes that it has at the handler's first await.
  await Promise.resolve();
  return Number(request.headers["content-length"]) === request.readableLength;
}

function tooLarge(most: number): RefusedBody {
  const message = `the body is larger than ${most} bytes`;
  return { kind: "refused", status: 413, code: "REQUEST_ENTITY_TOO_LARGE", message };
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:graphql-response\+)?json(?:\s*;|$)/i.test(contentType?.trim() ?? "");
}
