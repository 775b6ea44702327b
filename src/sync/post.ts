import type { Dispatcher } from "undici";

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

export type Received =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: AnswerHeaders;
      readonly body: string;
    }
  | { readonly kind: "oversized"; readonly status: number }
  | { readonly kind: "encoded"; readonly status: number; readonly encoding: string };

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
  const encoding = headers["content-encoding"]?.toString().trim() ?? "";
  if (encoding !== "" && encoding.toLowerCase() !== "identity") {
    body.destroy();
    return { kind: "encoded", status: statusCode, encoding };
  }
  if (Number(headers["content-length"] ?? 0) > MAX_ANSWER_BYTES) {
    body.destroy();
    return { kind: "oversized", status: statusCode };
  }
  const text = await readBounded(body);
  return text === undefined
    ? { kind: "oversized", status: statusCode }
    : { kind: "answer", status: statusCode, headers, body: text };
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
