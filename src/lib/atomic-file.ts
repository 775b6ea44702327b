import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface AtomicFileOptions {
  readonly mode: number;
  /** Kept on the new file where given; changing it needs privileges, and failing to is an error. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Replaces `path` in one step: a reader sees the old text or the new one, never half, also after a power cut. */
export async function writeFileAtomically(
  path: string,
  text: string,
  options: AtomicFileOptions,
): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", options.mode);
    try {
      await file.chmod(options.mode);
      if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
