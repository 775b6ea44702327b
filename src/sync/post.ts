import type { Dispatcher } from "undici";
import { printable } from "../lib/printable.ts";

/** One POST of JSON. The headers hold the key: nothing here may end up in an error or a log. */
export interface Post {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How far an exchange came, for whoever has to say where it stopped. */
export interface Progress {
  /** Of the answer, once its headers were there. */
  status: number | undefined;
}

/** An answer; its body is empty where it was not read. */
export interface Received {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string;
  /** Why the body was not read: `with more than 1 MiB`; undefined when it was. */
  readonly unreadable:
    | { readonly cause: "answer-too-large" | "answer-malformed"; readonly how: string }
    | undefined;
}

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The largest answer that is read; a control plane's has some kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Sends `post` and reads the answer to its end, never more than 1 MiB of it. No content coding is asked for and none
 * is undone, so what crosses the wire is what takes memory. Redirects are answers. Rejects with undici's error.
 */
export async function sendPost(
  dispatcher: Dispatcher,
  post: Post,
  progress: Progress,
  signal: AbortSignal,
): Promise<Received> {
  progress.status = undefined;
  const { statusCode, headers, body } = await dispatcher.request({
    origin: post.origin,
    path: post.path,
    method: "POST",
    headers: { ...post.headers, "accept-encoding": "identity" },
    body: post.body,
    // The deadline bounds them both, and more exactly.
    headersTimeout: 0,
    bodyTimeout: 0,
    signal,
  });
  progress.status = statusCode;
  // A body that is given up reports its own end as an error.
  body.on("error", () => {});
  const unread = { status: statusCode, headers, body: "" };
  const encoding = headers["content-encoding"]?.toString().trim().toLowerCase() ?? "identity";
  if (encoding !== "" && encoding !== "identity") {
    body.destroy();
    const how = `in ${printable(encoding, 40)}, which was not asked for`;
    return { ...unread, unreadable: { cause: "answer-malformed", how } };
  }
  const isAnnounced = Number(headers["content-length"] ?? 0) > MAX_ANSWER_BYTES;
  if (isAnnounced) body.destroy();
  const text = isAnnounced ? undefined : await readBounded(body);
  if (text !== undefined) return { ...unread, body: text, unreadable: undefined };
  return { ...unread, unreadable: { cause: "answer-too-large", how: "with more than 1 MiB" } };
}

/** Undefined when there is more than the limit; leaving the loop destroys the stream, and the connection with it. */
async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
