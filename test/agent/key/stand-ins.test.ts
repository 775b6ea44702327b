import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnoseKey } from "../../../src/agent/key/diagnose-key.ts";
import { notAKeyFile } from "../../../src/agent/key/not-a-key.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { leaked } from "../../support/agent/config-file.ts";
import { SENT } from "../../support/agent/damaged-keys.ts";
import { ALTERED, OUTPUT, UNRESOLVED } from "../../support/agent/stand-ins.ts";
import { growth } from "../../support/growth.ts";
import { runs } from "../../support/runs.ts";

const findings = (text: string) => diagnoseKey(text, { kind: "key-file" }).findings;

describe("what names a key, behind the prefix of one", () => {
  it.each([
    ["exc_58bdaab5", "fingerprint"],
    ["exc_0mx19uxsxNKAFXjGoiSqEZfwk1lDh21N", "key-id"],
    ["exc_123e4567-e89b-12d3-a456-426614174000", "uuid"],
  ])("%s is refused as a %s", (text, code) => {
    const [finding] = findings(text);
    expect(finding).toMatchObject({ code, severity: "refused" });
    expect(finding?.problem).toMatch(/^is exc_ and (the|a) .*, not the key itself/u);
  });

  it("is not seen in a key that was cut off", () => {
    for (const text of ["exc_abcdefab", "exc_AbcdefghAbcdefghAbcdefghAbcdefgh"]) {
      expect(findings(text).map(({ severity }) => severity)).toEqual(["warning"]);
    }
  });
});

describe.each([
  ["of a secrets manager", UNRESOLVED],
  ["of a program", OUTPUT],
  ["of a tool around the key", ALTERED],
])("a text %s", (_whose, cases) => {
  it.each(cases)("%j is %s", (text, code, problem) => {
    const [finding] = findings(text).filter((one) => one.code !== "quotes");
    expect(finding).toMatchObject({ code, severity: "refused", problem: expect.stringMatching(problem) });
    expect(diagnoseKey(text, { kind: "key-file" }).key).toBeUndefined();
  });

  it.each(cases)("%j is said in a clause and sentences, on one line", (text) => {
    for (const { problem, remedy } of findings(text)) {
      expect(problem).toMatch(/^(has|contains|is|starts|ends|lacks|does|stands) .*[^.]$/u);
      expect(remedy).toMatch(/^[A-Z].*[.]$/u);
      expect(`${problem} ${remedyText(remedy)}`).toMatch(/^\P{C}*$/u);
    }
  });

  it("is said without a piece of the key", () => {
    for (const [text] of cases) {
      for (const [secret] of text.matchAll(/(?<=exc_)[A-Za-z]{64}/gu)) {
        const said = JSON.stringify(findings(text));
        // A word of the sentence, such as EOF, may be in a key by chance.
        const sentence = JSON.stringify(findings(text.replaceAll(secret, "q".repeat(64))));
        const pieces = leaked(secret, said).filter((part) => !sentence.includes(part));
        expect(pieces.filter((part) => /[A-Z]/u.test(part.slice(1)))).toEqual([]);
      }
    }
  });
});

describe("a healthy key", () => {
  const key = fc.stringMatching(/^exc_[A-Za-z0-9_]{8,80}$/u);

  it("is nothing else, whatever its letters are", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(notAKeyFile(text)).toBeUndefined();
      }),
      { numRuns: runs(500) },
    );
  });

  it("is sent as it is", () => {
    const letters = fc.stringMatching(/^[A-Za-z]{64}$/u);
    fc.assert(
      fc.property(letters, fc.constantFrom("", "\n", "\r\n"), (text, end) => {
        expect(findings(`exc_${text}${end}`)).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });

  it("is not called altered because of white space around it", () => {
    for (const [, text] of SENT) {
      expect(notAKeyFile(text.replace("\ufeff", "").trim())).toBeUndefined();
    }
  });
});

it.each([
  ["bracketed escapes", "\\n "],
  ["fences", "```\n"],
  ["marks", "<<<<<<< \n"],
  ["numbered lines", "1\tx\n"],
  ["quoted lines", "> \n"],
  ["words", "lost and found "],
  ["digits", "ab "],
  ["escape characters", "\u001b["],
  ["percent signs", "%41"],
  ["ends of here-documents", "EOF \n"],
])("looks for other texts in many %s with work that grows with the length", async (_what, part) => {
  const text = (size: number) => `x${part.repeat(size / part.length)}`;
  const texts = new Map([5000, 50_000].map((size) => [size, text(size)]));
  expect(await growth((size) => findings(texts.get(size) ?? ""), 5000)).toBeLessThan(40);
});
