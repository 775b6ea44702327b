import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface AtomicFileOptions {
  readonly mode: number;
  /** Owner of the new file, if given; changing it needs privileges, and a failure is an error. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Called just before the old file is replaced; a rejection leaves it as it is. */
  readonly beforeRename?: () => Promise<void>;
}

/**
 * Replaces `path` in one step: a reader sees the old text or the new one, even after a power
 * failure.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicFileOptions,
): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      if (options.owner !== undefined) {
        await file.chown(options.owner.uid, options.owner.gid);
      }
      await file.chmod(options.mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await options.beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
