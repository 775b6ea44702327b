import { chownSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LINK = "..data";

/**
 * The folder of a mounted Kubernetes Secret, written step by step as the kubelet does (AtomicWriter):
 * a new folder with all files, a link to it that replaces `..data` in one step, links to the files,
 * and then the old folder goes. With `optional: true` the folder is empty while there is no Secret.
 */
export class SecretVolume {
  readonly folder: string;
  readonly #mode: number;
  readonly #group: number | undefined;
  #version = 0;

  /** @param group the pod's fsGroup; only root can give files to it. */
  constructor(folder: string, mode = 0o440, group?: number) {
    this.folder = folder;
    this.#mode = mode;
    this.#group = group;
    mkdirSync(folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes what the Secret has now. A name that it had before and has no more loses its link. */
  write(files: Readonly<Record<string, string>>): void {
    this.#version += 1;
    const next = `..2026_06_01_10_00_00.${this.#version}`;
    const before = this.#current();
    mkdirSync(this.path(next), { mode: 0o755 });
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.path(next), name);
      writeFileSync(path, content, { mode: this.#mode });
      if (this.#group !== undefined) {
        chownSync(path, 0, this.#group);
      }
    }
    symlinkSync(next, this.path("..data_tmp"));
    renameSync(this.path("..data_tmp"), this.path(LINK));
    for (const name of Object.keys(files)) {
      rmSync(this.path(name), { force: true });
      symlinkSync(join(LINK, name), this.path(name));
    }
    if (before !== undefined) {
      rmSync(this.path(before), { recursive: true });
    }
  }

  #current(): string | undefined {
    try {
      return readlinkSync(this.path(LINK));
    } catch {
      return undefined;
    }
  }
}
