import { hash } from "node:crypto";
import { lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import type { InstalledFile } from "./install-record.ts";
import type { Step } from "./steps.ts";

/** A step that writes a file in the record. */
export interface FileStep extends Step {
  readonly file: InstalledFile;
}

/** Writes a file that root owns. Replaces it if its bytes, owner or mode differ. */
export function fileStep(what: string, path: string, content: Buffer, mode: number): FileStep {
  return {
    what,
    file: { path, sha256: hash("sha256", content, "hex") },
    async needed() {
      const stats = await lstat(path).catch(() => undefined);
      if (stats?.isFile() !== true || stats.uid !== 0 || (stats.mode & 0o7777) !== mode) {
        return true;
      }
      return !content.equals(await readFile(path));
    },
    async perform() {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      // With a rename, because a running binary cannot be written to.
      await writeFileAtomically(path, content, { mode, owner: { uid: 0, gid: 0 } });
    },
  };
}
