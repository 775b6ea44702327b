import { createHmac, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import type { FileReader } from "./file-access.ts";
import { type FileRead, readBoundedFile } from "./read-file.ts";

/** A pasted password must not become guessable from a digest that somebody prints: it means nothing elsewhere. */
const PROCESS_SALT = randomBytes(32);

/** The files that one load has read, and a digest that tells whether a later load saw the same. */
export class FileReads {
  readonly reader: FileReader;
  readonly #reads = new Map<string, FileRead>();

  constructor(reader: FileReader) {
    this.reader = reader;
  }

  /** Each file once: agent.toml and a key file at the same path are one content. */
  async read(path: string): Promise<FileRead> {
    const known = this.#reads.get(path);
    if (known !== undefined) {
      return known;
    }
    const read = await readBoundedFile(path, this.reader);
    this.#reads.set(path, read);
    return read;
  }

  get paths(): readonly string[] {
    return [...this.#reads.keys()];
  }

  /** Over the content, or the reason why there is none, of every file; over its owner and mode as well where they matter. */
  digest(of: "content" | "content-and-access"): string {
    const hmac = createHmac("sha256", PROCESS_SALT);
    for (const [path, read] of this.#reads) {
      const content = read.kind === "read" ? read.bytes : read.code;
      const access = read.kind === "read" && of === "content-and-access" ? accessOf(read.stats) : "";
      hmac.update(`${path}\0${read.kind}\0${access}\0${content.length}\0`).update(content);
    }
    return hmac.digest("hex");
  }
}

function accessOf({ uid, gid, mode }: Stats): string {
  return `${uid} ${gid} ${mode}`;
}
