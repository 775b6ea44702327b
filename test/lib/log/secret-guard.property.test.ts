import fc from "fast-check";
import { expect, it } from "vitest";
import { guardSecret, withoutSecrets } from "../../../src/lib/log/secret-guard.ts";
import { makeKey } from "../../support/keys.ts";
import { runs } from "../../support/runs.ts";

const SECRET = makeKey();
/** Held, as a key holds its own. */
const GUARD = guardSecret(SECRET);
const PIECE = 12;

const escaped = (write: (code: number) => string) => (text: string) =>
  Array.from(text, (character) => write(character.charCodeAt(0))).join("");
const hex = (code: number, length: number) => code.toString(16).padStart(length, "0");

/** How a server may dress a piece so that it is still read as what it is. */
const DRESSES: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "upper case": (text) => text.toUpperCase(),
  "lower case": (text) => text.toLowerCase(),
  JSON: escaped((code) => `\\u${hex(code, 4)}`),
  "a URL": escaped((code) => `%${hex(code, 2).toUpperCase()}`),
  HTML: escaped((code) => `&#${code};`),
  "HTML, hexadecimal": escaped((code) => `&#x${hex(code, 2)};`),
  "every second character in a URL": (text) =>
    Array.from(text, (one, at) => (at % 2 === 0 ? one : `%${hex(one.charCodeAt(0), 2)}`)).join(""),
};

const slice = fc
  .tuple(fc.nat(SECRET.length - PIECE), fc.nat(SECRET.length - PIECE))
  .map(([start, more]) => SECRET.slice(start, start + PIECE + more));
const dress = fc.constantFrom(...Object.keys(DRESSES));
const around = fc.string({ maxLength: 40 }).filter((text) => !/[\\%&]/.test(text));

it("any 12 successive characters, in any dress, between anything", () => {
  fc.assert(
    fc.property(slice, dress, around, around, (piece, name, before, after) => {
      const worn = DRESSES[name]?.(piece) ?? piece;
      const said = withoutSecrets(before + worn + after);
      expect(said).toContain("[redacted]");
      expect(said).not.toContain(worn);
      for (let at = 0; at + PIECE <= piece.length; at += 1) {
        expect(said.toLowerCase()).not.toContain(piece.slice(at, at + PIECE).toLowerCase());
      }
    }),
    { numRuns: runs(200) },
  );
});

it("base64 and hexadecimal of a piece, wherever it begins", () => {
  fc.assert(
    fc.property(slice, fc.constantFrom("base64", "base64url", "hex"), around, (piece, encoding, before) => {
      const worn = Buffer.from(before + piece + piece).toString(encoding);
      fc.pre(piece.length >= 18);
      expect(withoutSecrets(worn)).toContain("[redacted]");
    }),
    { numRuns: runs(100) },
  );
});

it("two pieces with nothing between are both gone, and JSON stays JSON", () => {
  fc.assert(
    fc.property(slice, slice, around, (one, other, text) => {
      const said = withoutSecrets(JSON.stringify({ a: `${text}${one}${other}`, b: [other] }));
      expect(JSON.parse(said)).toHaveProperty("b", ["[redacted]"]);
      expect(said).not.toContain(one);
      expect(said).not.toContain(other);
    }),
  );
});

it("what is no piece stays as it is: 11 characters, another key, a fingerprint", () => {
  expect(GUARD.pieceCount).toBeGreaterThan(0);
  const other = makeKey();
  for (const text of [SECRET.slice(10, 21), other, "3fa9c1d2", "\\\\u0041", "%zz &#; é\u0130"]) {
    expect(withoutSecrets(`<${text}>`)).toBe(`<${text}>`);
  }
});
