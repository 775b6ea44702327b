import type { Dispatcher } from "undici";
import { printable } from "../../lib/printable.ts";

/**
 * A POST of JSON, or a GET. The headers hold a key or a password: nothing here may get into an
 * error or a log.
 */
export interface Post {
  /** `POST` by default. */
  readonly method?: "GET" | "POST";
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The largest answer that is read, bytes; 1 MiB by default, where some kB are usual. */
  readonly maxAnswerBytes?: number;
}

/** How far a request came, so that a failure can be explained. */
export interface Progress {
  /** The status of the answer, once its headers are there. */
  status: number | undefined;
}

/** An answer; the body is empty if it was not read. */
export interface Received {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string;
  /** Why the body was not read: `with more than 1 MiB`; undefined if it was. */
  readonly unreadable:
    | { readonly cause: "answer-too-large" | "answer-malformed"; readonly how: string }
    | undefined;
}

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const MAX_ANSWER_BYTES = 1024 * 1024;
const TOO_LARGE = { cause: "answer-too-large", how: "with more than 1 MiB" } as const;

/**
 * Sends `post` and reads the whole answer, at most 1 MiB or what `post` allows. It asks for no
 * content coding and decodes none, so no answer expands in memory. Redirects are answers. Rejects
 * with the error of undici; to give up a request, destroy its dispatcher.
 */
export function sendPost(dispatcher: Dispatcher, post: Post, progress: Progress): Promise<Received> {
  progress.status = undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const request: Dispatcher.DispatchOptions = {
    origin: post.origin,
    path: post.path,
    method: post.method ?? "POST",
    headers: { ...post.headers, "accept-encoding": "identity" },
    // In memory of its own: undici would cut it from a slab that Node shares among small buffers.
    // At rest each slab lives long enough to need a full collection, and megabytes gather until
    // there is one.
    body: post.method === "GET" ? null : new TextEncoder().encode(post.body),
    // The deadline bounds both, and more exactly.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  dispatcher.dispatch(request, new AnswerReader(post, progress, resolve, reject));
  return promise;
}

/**
 * Reads an answer. The `request` of undici does so with a stream, which takes a tenth of the
 * processor time of an idle agent.
 */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #progress: Progress;
  readonly #resolve: (received: Received) => void;
  readonly #reject: (error: Error) => void;
  #head: Pick<Received, "status" | "headers"> = { status: 0, headers: {} };
  readonly #decoder = new TextDecoder();
  #body = "";
  #sizeBytes = 0;

  constructor(
    post: Post,
    progress: Progress,
    resolve: (received: Received) => void,
    reject: (error: Error) => void,
  ) {
    this.#maxBytes = post.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    this.#progress = progress;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** undici requires it. */
  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 103 Early Hints and the like: the answer is still to come.
    if (status < 200) {
      return;
    }
    this.#progress.status = status;
    this.#head = { status, headers };
    const encoding = headers["content-encoding"]?.toString().trim().toLowerCase() ?? "identity";
    if (encoding !== "" && encoding !== "identity") {
      const how = `in ${printable(encoding, 40)}, which was not asked for`;
      this.#giveUp(controller, { cause: "answer-malformed", how });
    } else if (Number(headers["content-length"] ?? 0) > this.#maxBytes) {
      this.#giveUp(controller, TOO_LARGE);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#sizeBytes += chunk.byteLength;
    if (this.#sizeBytes > this.#maxBytes) {
      this.#giveUp(controller, TOO_LARGE);
    } else {
      this.#body += this.#decoder.decode(chunk, { stream: true });
    }
  }

  onResponseEnd(): void {
    this.#resolve({ ...this.#head, body: this.#body + this.#decoder.decode(), unreadable: undefined });
  }

  /** Also called for an answer that was given up; its promise is resolved by then. */
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }

  #giveUp(controller: Dispatcher.DispatchController, unreadable: Received["unreadable"]): void {
    this.#resolve({ ...this.#head, body: "", unreadable });
    controller.abort(new Error("the answer is not read"));
  }
}
