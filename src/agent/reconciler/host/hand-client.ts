import { type Stats, statSync } from "node:fs";
import { connect } from "node:net";
import { ownerText, UNMAPPED_ID } from "../../../lib/accounts.ts";
import { errorCode } from "../../../lib/errors.ts";
import { isInUserNamespace } from "../../../lib/files/limit-of-root.ts";
import { printable } from "../../../lib/printable.ts";

/** An answer of the root helper. `why` is a clause. */
export type HandAnswer =
  | { readonly kind: "ok"; readonly lines: readonly string[] }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unavailable"; readonly why: string };

/** Asks the root helper, which starts, stops, limits and deletes. */
export interface Hand {
  /** `run litecoin-node@a.service`. One request is in flight at a time; the others wait. */
  ask(request: string): Promise<HandAnswer>;
}

/** Its unit ends a request after a minute. */
const LIMIT_MS = 60_000;
/** 1000 lines of a log; any other answer is one line. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function createHand(socketPath: string, limitMs = LIMIT_MS): Hand {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask(request) {
      const answer = last.then(() => exchange(socketPath, request, limitMs));
      last = answer;
      return answer;
    },
  };
}

/** Never rejects. */
function exchange(socketPath: string, request: string, limitMs: number): Promise<HandAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const socket = connect(socketPath);
    const end = (answer: HandAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      end({ kind: "unavailable", why: `it did not answer within ${limitMs / 1000} s` });
    }, limitMs);
    socket.on("connect", () => socket.write(`${request}\n`));
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_ANSWER_BYTES) {
        end({ kind: "unavailable", why: "its answer is larger than 4 MiB" });
      }
    });
    socket.on("error", (error) => {
      const code = errorCode(error) ?? "unknown";
      end({ kind: "unavailable", why: explain(code, socketPath) });
    });
    socket.on("close", () => end(decode(Buffer.concat(chunks).toString("utf8"))));
  });
}

function explain(code: string, socketPath: string): string {
  switch (code) {
    case "ENOENT":
      return `there is no ${socketPath}: the package novacula-nodes is not installed, or its socket does not run`;
    case "EACCES":
    case "EPERM":
      return `this process may not use ${socketPath}${ownerOf(socketPath)}`;
    case "ECONNREFUSED":
      return `nothing listens on ${socketPath}: novacula-nodes.socket does not run`;
    default:
      return `${socketPath} cannot be used (${printable(code, 40)})`;
  }
}

/** In a sandbox, the groups of others have no name and no number of their own. */
function ownerOf(socketPath: string): string {
  const stats = statOf(socketPath);
  if (stats === undefined) {
    return "";
  }
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  const isMember = stats.gid !== UNMAPPED_ID && (process.getgroups?.() ?? []).includes(stats.gid);
  const why = isMember ? "its mode forbids it" : "none of its groups is that one";
  return `: the socket has mode ${mode}, ${ownerText(stats, isInUserNamespace())}, and ${why}`;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function decode(text: string): HandAnswer {
  const lines = text.split("\n").filter((line) => line !== "");
  const verdict = lines.pop() ?? "";
  if (verdict === "ok") {
    return { kind: "ok", lines };
  }
  return verdict.startsWith("error ")
    ? { kind: "refused", why: printable(verdict.slice("error ".length), 200) }
    : { kind: "unavailable", why: "it ended without an answer" };
}
