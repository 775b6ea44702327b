import { createHmac, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import type { Remedy } from "../../../lib/text/remedy.ts";
import { decodeText } from "../schema/config-text.ts";
import type { FileReader } from "./file-access.ts";
import { type FileRead, readBoundedFile } from "./read-file.ts";

/** Makes a printed digest useless for guessing a password that was pasted into a file. */
const PROCESS_SALT = randomBytes(32);

/** The text of a file, or why there is none. */
export type TextRead =
  | { readonly kind: "text"; readonly read: Extract<FileRead, { kind: "read" }>; readonly text: string }
  | {
      readonly kind: "unreadable" | "not-text";
      readonly code: "not-found" | "unreadable" | "not-text";
      readonly isFolder?: boolean;
      /** The end of a sentence about the file. */
      readonly problem: string;
      readonly remedy: Remedy;
      /** The place of the first invalid byte, if known. */
      readonly place?: { readonly line: number; readonly column: number };
    };

/** The files that one load has read. Its digest can be compared with that of a later load. */
export class FileReads {
  readonly reader: FileReader;
  readonly #reads = new Map<string, FileRead>();

  constructor(reader: FileReader) {
    this.reader = reader;
  }

  /** Reads each file once, even if agent.toml names itself. */
  async read(path: string): Promise<FileRead> {
    const known = this.#reads.get(path);
    if (known !== undefined) {
      return known;
    }
    const { given } = this.reader;
    const read: FileRead =
      given?.path === path
        ? { kind: "read", path, realPath: path, bytes: given.bytes, stats: undefined }
        : await readBoundedFile(path, this.reader);
    this.#reads.set(path, read);
    return read;
  }

  /** The same, decoded: UTF-8, or UTF-16 with its mark. */
  async readText(path: string): Promise<TextRead> {
    const read = await this.read(path);
    if (read.kind === "unreadable") {
      const code = read.code === "ENOENT" ? "not-found" : "unreadable";
      return { ...read, code, isFolder: read.code === "is-folder" };
    }
    const decoded = decodeText(read.bytes);
    return decoded.kind === "text"
      ? { kind: "text", read, text: decoded.text }
      : { ...decoded, code: "not-text" };
  }

  get paths(): readonly string[] {
    return [...this.#reads.keys()];
  }

  /**
   * A digest of the content of every file, or of the reason why it could not be read. On request it
   * also covers the owner and the mode.
   */
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

function accessOf(stats: Stats | undefined): string {
  return stats === undefined ? "" : `${stats.uid} ${stats.gid} ${stats.mode}`;
}
