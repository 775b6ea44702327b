import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Neither the new content nor the old one could be written. A copy of the old one is beside it. */
export class ContentLost extends Error {
  override readonly name = "ContentLost";
  /** The name of the copy, in the folder of the file. */
  readonly copy: string;

  constructor(copy: string, cause: unknown) {
    super("the file could not be written", { cause });
    this.copy = copy;
  }
}

interface Overwrite {
  readonly content: Uint8Array;
  /** What the file contains now. */
  readonly before: Uint8Array;
  /** Called just before the file is written. If it rejects, the file stays. */
  readonly beforeWrite: () => Promise<void>;
}

/**
 * Writes new content into an existing file, which stays the same file: its owner, mode, ACL,
 * extended attributes and hard links do not change. It is never empty, but a reader may see parts
 * of both contents for a moment, and so may everybody after a power failure. So a copy of the old
 * content is beside it for as long. If the write fails, the old content is written again. Rejects
 * with a system error, or with ContentLost.
 */
export async function overwriteFile(path: string, overwrite: Overwrite): Promise<void> {
  const { content, before, beforeWrite } = overwrite;
  const name = `.${basename(path)}.${randomBytes(6).toString("hex")}.old`;
  const copy = join(dirname(path), name);
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await writeCopy(copy, before);
    await beforeWrite().catch((error: unknown) => removed(copy, error));
    await fill(file, content).catch(async (error: unknown) => {
      await fill(file, before).catch(() => {
        throw new ContentLost(name, error);
      });
      await removed(copy, error);
    });
    await rm(copy);
  } finally {
    await file.close();
  }
}

async function writeCopy(copy: string, content: Uint8Array): Promise<void> {
  const file = await open(copy, "wx", 0o600);
  try {
    await fill(file, content);
  } catch (error) {
    await removed(copy, error);
  } finally {
    await file.close();
  }
  const folder = await open(dirname(copy), constants.O_RDONLY | constants.O_DIRECTORY);
  await folder.sync().finally(() => folder.close());
}

/** Cuts the file only after the write: it is never shorter than both contents. */
async function fill(file: FileHandle, content: Uint8Array): Promise<void> {
  let done = 0;
  while (done < content.length) {
    done += (await file.write(content, done, content.length - done, done)).bytesWritten;
  }
  await file.truncate(content.length);
  await file.sync();
}

async function removed(copy: string, error: unknown): Promise<never> {
  await rm(copy, { force: true });
  throw error;
}
