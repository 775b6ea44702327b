import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The mode and owner of the new file, and a last check. */
export interface AtomicFileOptions {
  readonly mode: number;
  /** The owner of the new file. Changing it needs privileges; without them the write rejects. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Called with the new file while it is empty. If it rejects, the old file stays. */
  readonly prepare?: (file: FileHandle) => Promise<void>;
  /** Called just before the old file is replaced. If it rejects, the old file stays. */
  readonly beforeRename?: () => Promise<void>;
}

/**
 * Replaces `path` in one step: a reader sees the old text or the new one, even after a power
 * failure. Rejects with a system error; the old file then stays.
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
      await options.prepare?.(file);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await options.beforeRename?.();
    await rename(temporary, path);
  } catch (error) {
    // A folder with chattr +a keeps the file; then at least its content goes.
    await rm(temporary, { force: true }).catch(() => truncate(temporary).catch(() => undefined));
    throw error;
  }
}
