import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** Collects the files of a package in a folder, with the sizes and checksums that dpkg needs. */
export class PackageTree {
  readonly #root: string;
  readonly #checksums = new Map<string, string>();
  #sizeKib = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async addFile(path: string, source: string, mode = 0o644): Promise<void> {
    await this.#add(path, await readFile(source), mode);
  }

  async addText(path: string, text: string, mode = 0o644): Promise<void> {
    await this.#add(path, Buffer.from(text), mode);
  }

  /** Compresses like gzip -9n: the same text gives the same bytes. */
  async addCompressed(path: string, text: string): Promise<void> {
    await this.#add(path, gzipSync(text, { level: 9 }), 0o644);
  }

  /** Installed-Size of deb-control(5): every file and folder rounded up to whole KiB. */
  get sizeKib(): number {
    return this.#sizeKib;
  }

  /** What was added below a folder, relative to the root and in order. */
  pathsBelow(folder: string): readonly string[] {
    return [...this.#checksums.keys()].filter((path) => path.startsWith(folder)).sort();
  }

  /** deb-md5sums(5) of everything added so far. */
  checksums(): string {
    const lines = [...this.#checksums].map(([path, sum]) => `${sum}  ${path}\n`);
    return lines.sort((a, b) => a.slice(34).localeCompare(b.slice(34), "en")).join("");
  }

  async #add(path: string, content: Buffer, mode: number): Promise<void> {
    const target = join(this.#root, path);
    const firstNew = await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content);
    await chmod(target, mode);
    this.#checksums.set(path, createHash("md5").update(content).digest("hex"));
    this.#sizeKib += Math.ceil(content.length / 1024) + (firstNew === undefined ? 0 : 1);
  }
}
