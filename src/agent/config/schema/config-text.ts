import { Buffer, isUtf8 } from "node:buffer";
import { binaryFile } from "../../stand-in/binary-file.ts";

/** The text of a file, or why its bytes are not text. */
export type ConfigText =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "not-text";
      readonly problem: string;
      readonly remedy: string;
      /** The place of the first invalid byte, if known. */
      readonly place?: { readonly line: number; readonly column: number };
    };

const WINDOWS_1252: ReadonlyMap<number, string> = new Map([
  [0x91, "a curly quote in Windows-1252"],
  [0x92, "a curly quote in Windows-1252"],
  [0x93, "a curly quote in Windows-1252"],
  [0x94, "a curly quote in Windows-1252"],
  [0x96, "a dash in Windows-1252"],
  [0x97, "a dash in Windows-1252"],
  [0xa0, "a no-break space in Latin-1"],
]);

/**
 * Decodes the bytes of a file: UTF-8 with or without a byte-order mark, or UTF-16 with one (Notepad
 * and PowerShell's `>` write it). Removes the mark and keeps the line ends. Reports invalid bytes
 * with their place, because a U+FFFD must not get into a key.
 */
export function decodeText(bytes: Uint8Array): ConfigText {
  const isPlain = isUtf8(bytes) && !bytes.includes(0);
  const other = isPlain ? undefined : binaryFile(bytes);
  if (other !== undefined) {
    return { kind: "not-text", problem: other.problem, remedy: other.remedy };
  }
  const encoding = utf16Mark(bytes);
  if (encoding !== undefined) {
    return decodeUtf16(bytes, encoding);
  }
  if (!isUtf8(bytes)) {
    return firstBadByte(bytes);
  }
  if (!isPlain) {
    const remedy = "Save it as UTF-8; it may be UTF-16 without a byte-order mark.";
    return { kind: "not-text", problem: "contains NUL bytes, which no text file has", remedy };
  }
  return { kind: "text", text: new TextDecoder().decode(bytes) };
}

function utf16Mark(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return "utf-16le";
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return "utf-16be";
  }
  return undefined;
}

function decodeUtf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): ConfigText {
  try {
    return { kind: "text", text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    return { kind: "not-text", problem: "starts like UTF-16 text, but is none", remedy: "Save it as UTF-8." };
  }
}

function firstBadByte(bytes: Uint8Array): ConfigText {
  let start = 0;
  for (let line = 1; start <= bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const row = bytes.subarray(start, end);
    if (!isUtf8(row)) {
      return badByteIn(row, line);
    }
    start = end + 1;
  }
  return { kind: "not-text", problem: "is not UTF-8 text", remedy: "Save it as UTF-8." };
}

function badByteIn(row: Uint8Array, line: number): ConfigText {
  const prefix = validPrefix(row);
  const byte = row[prefix.byteLength] ?? 0;
  const meaning = WINDOWS_1252.get(byte);
  const hex = `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return {
    kind: "not-text",
    problem: `is not UTF-8: byte ${hex}${meaning === undefined ? "" : `, ${meaning},`} is not allowed here`,
    remedy: "Replace that character, or save the file as UTF-8.",
    place: { line, column: Array.from(prefix.text).length + 1 },
  };
}

/**
 * The longest start of `row` that is valid UTF-8. A U+FFFD that the file itself contains is valid.
 */
function validPrefix(row: Uint8Array): { readonly text: string; readonly byteLength: number } {
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(row);
  let byteLength = 0;
  let end = 0;
  for (const character of decoded) {
    const encoded = Buffer.from(character);
    if (!encoded.equals(row.subarray(byteLength, byteLength + encoded.length))) {
      break;
    }
    byteLength += encoded.length;
    end += character.length;
  }
  return { text: decoded.slice(0, end), byteLength };
}
