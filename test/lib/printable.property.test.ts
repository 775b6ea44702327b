import fc from "fast-check";
import { expect, it } from "vitest";
import { printable } from "../../src/lib/printable.ts";
import { HOSTILE_TEXT } from "../support/agent/behaviours.ts";
import { runs } from "../support/runs.ts";

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

it("whatever it is given, the result is one line of at most 200 characters that a terminal can be shown", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary", maxLength: 2000 }), fc.anything({ withNullPrototype: true })),
      (value) => {
        const line = printable(value);
        expect(line).not.toMatch(UNPRINTABLE);
        expect(Array.from(line).length).toBeLessThanOrEqual(200);
        expect(line).toBe(line.trim());
        expect(printable(line)).toBe(line);
      },
    ),
    { numRuns: runs(1000) },
  );
});

it("text that is printable stays as it is", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-zäöüéñ日本語🙂.,:()-]{1,100}$/u), (text) => {
      expect(printable(text)).toBe(text);
    }),
  );
});

it("what no text can be made of is not an exception", () => {
  expect(printable(JSON.parse('{"toString":null,"valueOf":1}'))).toBe("(not a text)");
});

it("hostile text becomes harmless", () => {
  const line = printable(HOSTILE_TEXT);
  expect(line).toBe("bad <0>panic MAINPID=1 STOPPING=1 [2J ]0;title gnp.exe end");
});

it("a cut is shown, and never cuts a character in two", () => {
  expect(printable("🙂".repeat(300))).toBe(`${"🙂".repeat(199)}…`);
  expect(printable("abcdef", 4)).toBe("abc…");
  expect(printable("äöüé", 4)).toBe("äöüé");
});
