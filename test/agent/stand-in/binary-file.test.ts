import { Buffer } from "node:buffer";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText } from "../../../src/agent/config/schema/config-text.ts";
import { growth } from "../../support/growth.ts";

const TEXT = '[control_plane]\nurl = "https://cp.example.com"\n';
const BYTES = Buffer.from(TEXT);
const behind = (start: string, hex = "") =>
  Buffer.concat([Buffer.from(hex, "hex"), Buffer.from(start), Buffer.from([0, 0x9c, 0xff])]);
const tar = () => {
  const header = Buffer.alloc(512);
  header.write("agent.toml");
  header.write("ustar", 257);
  return Buffer.concat([header, BYTES]);
};

describe("bytes that are no text", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["gzip", gzipSync(BYTES), /compressed with gzip/u],
    ["Zstandard", zstdCompressSync(BYTES), /compressed with Zstandard/u],
    ["xz", behind("", "fd377a585a000004"), /compressed with xz/u],
    ["bzip2", behind("", "425a6839314159265359"), /compressed with bzip2/u],
    ["ZIP", behind("PK\u0003\u0004"), /ZIP archive/u],
    ["tar", tar(), /tar archive/u],
    ["age", behind("age-encryption.org/v1\n"), /encrypted with age/u],
    ["openssl enc", behind("Salted__"), /encrypted with openssl enc/u],
    ["git-crypt", behind("\0GITCRYPT\0"), /encrypted with git-crypt/u],
    ["GnuPG with a passphrase", behind("", "8c0d04090302c15c"), /encrypted with GnuPG/u],
    ["UTF-32", Buffer.from("fffe00005b000000", "hex"), /UTF-32/u],
    ["a swap file", behind("b0VIM 9.0"), /swap file of Vim/u],
    ["a program", behind("\u007fELF"), /is a program/u],
    ["nothing but NUL bytes", Buffer.alloc(300), /^contains nothing but NUL bytes: a crash/u],
    [
      "text and then NUL bytes",
      Buffer.concat([BYTES, Buffer.alloc(200)]),
      /^ends with 200 NUL bytes: a crash/u,
    ],
    ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le"), /contains NUL bytes, which no text file has/u],
    ["NUL bytes in the middle", Buffer.from(`a\0${TEXT}`), /contains NUL bytes, which no text file has/u],
    ["Latin-1", Buffer.from("# gr\u00fcn\n", "latin1"), /is not UTF-8: byte 0xFC/u],
    ["an unknown compression", brotliCompressSync(BYTES.toString().repeat(9)), /not UTF-8|NUL/u],
  ])("of %s are named", (_form, bytes, problem) => {
    const decoded = decodeText(bytes);
    expect(decoded).toMatchObject({ kind: "not-text", problem: expect.stringMatching(problem) });
    expect(decoded.kind === "not-text" && decoded.remedy).toMatch(/^[A-Z].*\.$/u);
  });

  it("are looked at with work that grows with their number", async () => {
    const files = new Map([50_000, 500_000].map((size) => [size, Buffer.alloc(size)]));
    expect(await growth((size) => decodeText(files.get(size) ?? BYTES), 50_000)).toBeLessThan(40);
  });
});

describe("text", () => {
  it.each([
    "PK\u0003\u0004 is how a ZIP begins",
    "BZh9 is text",
    "age-encryption.org/v1",
    "%PDF-1.7",
    "Salted__ nuts",
    "",
  ])("is text, whatever it begins with: %s", (text) => {
    expect(decodeText(Buffer.from(text))).toEqual({ kind: "text", text });
  });

  it("is read as it is, in all three encodings", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (written) => {
        const text = written.replaceAll(/[\0\ufeff]/gu, "");
        const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
        expect(decodeText(Buffer.from(text))).toEqual({ kind: "text", text });
        expect(decodeText(utf16)).toEqual({ kind: "text", text });
        expect(decodeText(Buffer.from(utf16).swap16())).toEqual({ kind: "text", text });
      }),
    );
  });
});
