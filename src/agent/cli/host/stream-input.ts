import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { inTime } from "../../../lib/files/file-answer.ts";

const STDIN: ReadonlySet<string> = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/** Whether an option names stdin: `-`, or one of the paths that stand for it. */
export function isStdin(path: string): boolean {
  return STDIN.has(path);
}

/**
 * The content of stdin or of a pipe, such as `<(pass show key)`, for a command that reads it once;
 * at most a little more than `maxBytes`. Undefined for every other file. Waits for the writer.
 */
export async function readStreamInput(
  path: string,
  maxBytes: number,
  { stdin }: Terminal,
): Promise<Uint8Array | undefined> {
  if (isStdin(path)) {
    return await readAll(stdin, maxBytes);
  }
  const isPipe = await inTime(path, () => stat(path)).then(
    (stats) => stats.isFIFO(),
    () => false,
  );
  return isPipe ? await readAll(createReadStream(path), maxBytes) : undefined;
}

async function readAll(stream: NodeJS.ReadableStream, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxBytes) {
      break;
    }
  }
  return Buffer.concat(chunks);
}
