import { Buffer } from "node:buffer";
import type { StandIn } from "./stand-in.ts";

/** The first bytes of files that are no text, in hexadecimal digits; `..` is any byte. */
type Signature = readonly [bytes: string, code: string, problem: string, remedy: string];

const NAME_THE_TEXT = "Put the text file itself here.";
const decompress = (program: string) => `Put the decompressed text here: ${program} -dc prints it.`;
const decrypt = (how: string) => `Put the decrypted text here${how}.`;

const SIGNATURES: readonly Signature[] = [
  ["1f8b", "compressed", "is compressed with gzip", decompress("gzip")],
  ["28b52ffd", "compressed", "is compressed with Zstandard", decompress("zstd")],
  ["fd377a585a00", "compressed", "is compressed with xz", decompress("xz")],
  ["425a68..314159265359", "compressed", "is compressed with bzip2", decompress("bzip2")],
  ["04224d18", "compressed", "is compressed with LZ4", decompress("lz4")],
  ["504b0304", "compressed", "is a ZIP archive", "Put the file out of the archive here: unzip -p prints it."],
  ["377abcaf271c", "compressed", "is a 7-Zip archive", "Put the file out of the archive here."],
  [
    "6167652d656e6372797074696f6e2e6f72672f",
    "encrypted",
    "is encrypted with age",
    decrypt(": age --decrypt prints it"),
  ],
  ["53616c7465645f5f", "encrypted", "is encrypted with openssl enc", decrypt("")],
  [
    "00474954435259505400",
    "encrypted",
    "is encrypted with git-crypt",
    "Unlock the repository with git-crypt unlock, then copy the file again.",
  ],
  ["8c0d04", "encrypted", "is encrypted with GnuPG", decrypt(": gpg --decrypt prints it")],
  [
    "8501|8502|8503|84..03|c1c0",
    "encrypted",
    "is encrypted with GnuPG",
    decrypt(": gpg --decrypt prints it"),
  ],
  ["4c554b53babe", "encrypted", "is a volume of LUKS", NAME_THE_TEXT],
  ["0000feff|fffe0000", "other-encoding", "is UTF-32 text", "Save it as UTF-8."],
  [
    "62305649",
    "swap-file",
    "is a swap file of Vim, not the file that was edited",
    "Name the file without .swp.",
  ],
  ["feedfeed", "binary", "is a Java keystore", NAME_THE_TEXT],
  ["7f454c46", "binary", "is a program", NAME_THE_TEXT],
  ["53514c69746520666f726d6174203300", "binary", "is an SQLite database", NAME_THE_TEXT],
  ["25504446", "binary", "is a PDF document", NAME_THE_TEXT],
  ["89504e47|ffd8ff|47494638", "binary", "is an image", NAME_THE_TEXT],
];

const TABLE = SIGNATURES.map(([bytes, code, problem, remedy]) => ({
  pattern: new RegExp(`^(?:${bytes})`, "u"),
  found: { code, problem, remedy },
}));
const LONGEST_SIGNATURE = 32;
const TAR_MARK = { at: 257, text: "ustar" } as const;

/**
 * What a file is instead of text, by its bytes; undefined if nothing is known. Ask only about bytes
 * that are not plain text: some text begins with such bytes.
 */
export function binaryFile(bytes: Uint8Array): StandIn | undefined {
  const start = Buffer.from(bytes.subarray(0, LONGEST_SIGNATURE)).toString("hex");
  const known = TABLE.find(({ pattern }) => pattern.test(start));
  if (known !== undefined) {
    return known.found;
  }
  const { at, text } = TAR_MARK;
  if (Buffer.from(bytes.subarray(at, at + text.length)).toString("latin1") === text) {
    return {
      code: "compressed",
      problem: "is a tar archive",
      remedy: "Put the file out of the archive here.",
    };
  }
  return lostContent(bytes);
}

/** NUL bytes up to the end are what a file system leaves of a file that was written in a crash. */
function lostContent(bytes: Uint8Array): StandIn | undefined {
  const kept = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const lost = bytes.length - kept;
  // UTF-16 text ends with one NUL byte, UTF-32 text with three.
  if (lost < 4) {
    return undefined;
  }
  const what = kept === 0 ? "contains nothing but NUL bytes" : `ends with ${lost} NUL bytes`;
  return {
    code: "zeroed",
    problem: `${what}: a crash or a power cut lost what was there`,
    remedy: "Write it again, or restore it from a backup.",
  };
}
