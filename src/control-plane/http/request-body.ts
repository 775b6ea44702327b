import type { IncomingMessage } from "node:http";

/** Many times what anybody here sends, and little enough for the slowest of mistakes: graphql-js takes 0.35 s for a MiB of them (measured). */
export const MAX_BODY_BYTES = 64 * 1024;

export type RequestBody =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  /** The client went away, or was cut off by the server's request timeout. */
  | { readonly kind: "incomplete" };

/** Reads at most 64 KiB; the rest of a larger body is left unread. How long it may take is the server's requestTimeout. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
    return { kind: "too-large" };
  }
  // Who hung up before is not heard of any more: there is no event to come.
  if (request.destroyed) {
    return { kind: "incomplete" };
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const take = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= MAX_BODY_BYTES) {
        return void chunks.push(chunk);
      }
      // Neither read on nor destroyed: the answer still has to leave through this connection.
      request.off("data", take).pause();
      resolve({ kind: "too-large" });
    };
    request
      .on("data", take)
      .once("end", () => resolve({ kind: "complete", bytes: Buffer.concat(chunks) }))
      .once("error", () => resolve({ kind: "incomplete" }))
      .once("close", () => resolve({ kind: "incomplete" }));
  });
}

/**
 * Whether the whole body came with the headers, as that of a small request does: then nothing has
 * happened in between.
 */
export async function hasArrived(request: IncomingMessage): Promise<boolean> {
  // Node's parser goes on with the bytes that it has when the handler first waits.
  await Promise.resolve();
  return Number(request.headers["content-length"]) === request.readableLength;
}
