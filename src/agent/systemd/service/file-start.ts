import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";

/** The first bytes of a file. */
export interface FileStart {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/**
 * At most `maxBytes` of a regular file; undefined: it is something else. Rejects if it cannot be
 * read. The file may be on a disk that hangs, so call it in time (file-answer.ts).
 */
export async function fileStart(path: string, maxBytes: number): Promise<FileStart | undefined> {
  // Without O_NONBLOCK, open(2) would wait for the writer of a FIFO.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const stats = await file.stat();
  if (!stats.isFile()) {
    return undefined;
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(maxBytes, stats.size)), {
    position: 0,
  });
  return { bytes: buffer.subarray(0, bytesRead), stats };
}
