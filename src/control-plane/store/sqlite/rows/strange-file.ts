import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** sqlite.org/fileformat.html: the magic, then the page size, and the number of pages at 28. */
const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
/** The beginnings of other files that people restore by mistake, in latin1. */
const MARKS: readonly (readonly [beginning: string, what: string])[] = [
  ["\u001f\u008b", "compressed with gzip: unpack it with gunzip"],
  ["\u0028\u00b5\u002f\u00fd", "compressed with zstd: unpack it with unzstd"],
  ["\u00fd7zXZ", "compressed with xz: unpack it with unxz"],
  ["BZh", "compressed with bzip2: unpack it with bunzip2"],
  ["PK\u0003\u0004", "a zip archive: unpack it with unzip"],
  ["age-encryption", "encrypted: decrypt it first"],
  ["-----BEGIN", "encrypted: decrypt it first"],
  ["\0".repeat(16), "zeros, as after a power cut or a failed copy"],
];
const SQL = /^(?:--|PRAGMA|BEGIN TRANSACTION|CREATE TABLE)/i;
const HTML = /^\s*<(?:!doctype|html)/i;

/** What is wrong with a file that SQLite refuses. Undefined if it looks like a database. */
export function strangeFile(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const bytes = readSync(file, header, 0, HEADER_BYTES, 0);
      return problemOf(header.subarray(0, bytes), fstatSync(file).size);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function problemOf(header: Buffer, size: number): string | undefined {
  const text = header.toString("latin1");
  if (!text.startsWith(MAGIC)) {
    const what = kindOf(text);
    return what === undefined ? "the file is not an SQLite database" : `the file is no database but ${what}`;
  }
  if (header.length < HEADER_BYTES) {
    return `the file is cut off: it has only ${size} bytes`;
  }
  const stored = header.readUInt16BE(16);
  const expected = header.readUInt32BE(28) * (stored === 1 ? 65_536 : stored);
  return expected > size ? `the file is cut off: ${size} of ${expected} bytes are there` : undefined;
}

function kindOf(text: string): string | undefined {
  if (SQL.test(text)) {
    return "a dump in SQL: make a database of it with sqlite3 NEW.db < DUMP";
  }
  return HTML.test(text) ? "a web page" : MARKS.find(([beginning]) => text.startsWith(beginning))?.[1];
}
