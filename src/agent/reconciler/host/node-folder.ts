import { hash } from "node:crypto";
import { chmod, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { makeFolder } from "../../../lib/files/make-folder.ts";

/** What one process of a node is started with. */
export interface ProcessFiles {
  readonly role: string;
  readonly argv: readonly string[];
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** More than any file that is rendered. */
const MAX_BYTES = 256 * 1024;
/** The folder above is 0700, and a node sees only its own. */
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Hashes files by what they hold: of those on disk, and of those that should be there. */
export function contentHash(files: readonly { readonly name: string; readonly text: string }[]): string {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, text }) => [name, text]);
  return hash("sha256", JSON.stringify(sorted), "hex");
}

/** The files of a process, the one with its arguments last: a start needs that one. */
export function filesOf({ role, argv, files }: ProcessFiles) {
  return [...files, { name: `${role}.argv`, text: `${argv.join("\n")}\n` }];
}

export async function makeNodeFolder(nodesDir: string, node: string): Promise<string> {
  const folder = join(nodesDir, node);
  await makeFolder(folder, FOLDER_MODE);
  // The mask of the service is 0077.
  await chmod(nodesDir, FOLDER_MODE);
  await chmod(folder, FOLDER_MODE);
  return folder;
}

export async function writeProcessFiles(folder: string, process: ProcessFiles): Promise<void> {
  for (const { name, text } of filesOf(process)) {
    await writeFileAtomically(join(folder, name), text, { mode: FILE_MODE });
  }
}

/** Removes what the agent wrote for a node. The data is elsewhere. */
export async function removeNodeFolder(nodesDir: string, node: string): Promise<void> {
  await rm(join(nodesDir, node), { recursive: true, force: true });
}

/**
 * The hash of the named files as they are on disk. A file is read again only if it looks changed.
 * Undefined if one is missing or cannot be read.
 */
export class DiskHashes {
  readonly #known = new Map<string, { readonly look: string; readonly text: string }>();

  async of(folder: string, names: readonly string[]): Promise<string | undefined> {
    const files: { name: string; text: string }[] = [];
    for (const name of names) {
      const text = await this.#read(join(folder, name)).catch(() => undefined);
      if (text === undefined) {
        return undefined;
      }
      files.push({ name, text });
    }
    return contentHash(files);
  }

  /** Forgets the files of a folder that is gone. */
  forget(folder: string): void {
    for (const path of this.#known.keys()) {
      if (path.startsWith(`${folder}/`)) {
        this.#known.delete(path);
      }
    }
  }

  async #read(path: string): Promise<string> {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    const look = [dev, ino, size, mtimeMs, ctimeMs].join(" ");
    const known = this.#known.get(path);
    if (known?.look === look) {
      return known.text;
    }
    if (size > MAX_BYTES) {
      throw new Error("is too large");
    }
    await using file = await open(path);
    const text = await file.readFile("utf8");
    this.#known.set(path, { look, text });
    return text;
  }
}
