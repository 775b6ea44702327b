import type { IncomingMessage } from "node:http";
import { errorCode } from "../lib/errors.ts";

export const MAX_BODY_BYTES = 1024 * 1024;

export type RequestBody =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  /** The client went away, or was cut off by the server's request timeout. */
  | { readonly kind: "incomplete" };

/** Reads at most 1 MiB; the rest of a larger body is left unread. How long it may take is the server's requestTimeout. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return { kind: "too-large" };
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    // destroyOnReturn off: the answer still has to leave through this connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError("a request body is read as bytes");
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) return { kind: "too-large" };
      chunks.push(chunk);
    }
  } catch (error) {
    if (errorCode(error) !== "ECONNRESET") throw error;
    return { kind: "incomplete" };
  }
  return { kind: "complete", bytes: Buffer.concat(chunks) };
}
