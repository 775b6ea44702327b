import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnoseKey, type KeyDiagnosis } from "../../../src/agent/key/diagnose-key.ts";
import { revealKey } from "../../../src/agent/key/executor-key.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { REFUSED, SENT } from "../../support/agent/damaged-keys.ts";
import { growth } from "../../support/growth.ts";
import { makeKey } from "../../support/keys.ts";
import { runs } from "../../support/runs.ts";

const inKeyFile = (text: string) => diagnoseKey(text, { kind: "key-file" });
const inConfig = (text: string) => diagnoseKey(text, { kind: "config" });
const summary = ({ findings }: KeyDiagnosis) => findings.map(({ code, column }) => `${code} ${column}`);
const sentences = ({ findings }: KeyDiagnosis) =>
  findings.map(({ problem, remedy }) => `the key ${problem}. ${remedyText(remedy)}`);

describe("a key that is sent", () => {
  it.each(SENT)("%s", (_how, text, ...findings) => {
    const diagnosis = inKeyFile(text);
    expect(summary(diagnosis)).toEqual(findings);
    expect(diagnosis.findings.every(({ severity }) => severity === "warning")).toBe(true);
    expect(diagnosis.key && revealKey(diagnosis.key)).toBe(text.replace("\ufeff", "").trim());
  });
});

describe("a key that is refused", () => {
  it.each(REFUSED)("%s", (_how, text, ...findings) => {
    const diagnosis = inKeyFile(text);
    expect(summary(diagnosis)).toEqual(findings);
    expect(diagnosis.findings.some(({ severity }) => severity === "refused")).toBe(true);
    expect(diagnosis.key).toBeUndefined();
  });

  it("is one of at least sixty kinds of damage", () => {
    expect(SENT.length + REFUSED.length).toBeGreaterThan(120);
    expect(new Set([...SENT, ...REFUSED].map(([how]) => how)).size).toBe(SENT.length + REFUSED.length);
  });
});

describe("what an operator reads", () => {
  const K = makeKey();
  const L = K.slice(4);
  const at = (index: number, inserted: string) => K.slice(0, index) + inserted + K.slice(index);

  it.each([
    [` ${K}`, "the key starts with a space (line 1, column 1). Delete it. The key is used without it."],
    [
      `${K}  \n`,
      "the key ends with 2 spaces (line 1, column 69). Delete them. The key is used without them.",
    ],
    [
      at(41, "\u00a0"),
      "the key has U+00A0 NO-BREAK SPACE after character 41 (line 1, column 42). Delete it: it looks like a space, and often comes from a web page or a document.",
    ],
    [
      at(40, "\n  "),
      "the key has a line break after character 40 (line 1, column 41). Join the lines: a key is a single line. A narrow terminal or an e-mail may have wrapped it.",
    ],
    [
      `${K}\u200b`,
      "the key has U+200B ZERO WIDTH SPACE at its end (line 1, column 69). It is invisible: delete the whole value, then paste the key again as plain text.",
    ],
    [
      `e\u0445c_${L}`,
      "the key has U+0445 CYRILLIC SMALL LETTER HA after character 1 (line 1, column 2). It only looks like a Latin letter: copy the key again as plain text.",
    ],
    [
      `\u201c${K}\u201d`,
      "the key has its own quotes around it, U+201C LEFT DOUBLE QUOTATION MARK (line 1, column 1). Keep only the key, from exc_ to its last letter.",
    ],
    [
      `Bearer ${K}`,
      "the key has the word Bearer before it (line 1, column 1). Keep only the key, from exc_ to its last letter. The agent adds that word itself.",
    ],
    [
      "exc_...",
      "the key is still the placeholder (line 1, column 1). Put the key itself here: the control plane shows it once, when it is created.",
    ],
    [
      K.slice(0, 50),
      "the key has 46 characters after exc_, but a key has 64: probably cut off when copied (line 1, column 51). Copy the key again from where it was shown.",
    ],
    [
      `ghp_${L}`,
      "the key is a GitHub token, not an executor key (line 1, column 1). Put the executor key here: it starts with exc_. If it got here by mistake, it is exposed: replace it where it is used.",
    ],
    [
      `EXC_${L}`,
      "the key has its prefix in upper case, but every key starts with exc_ (line 1, column 1). Write the prefix in lower case. If the case of the whole key changed, copy it again.",
    ],
    [K + K, "the key contains the key twice (line 1, column 1). Keep one copy."],
  ])("%#", (text, sentence) => {
    expect(sentences(inKeyFile(text))).toEqual([sentence]);
  });

  it("does not say of a refused key that it is used", () => {
    expect(sentences(inKeyFile(` ${at(9, " ")}`))[1]).toBe(
      "the key starts with a space (line 1, column 1). Delete it.",
    );
  });

  it("is a clause and whole sentences, for every kind of damage", () => {
    for (const [how, text] of [...SENT, ...REFUSED]) {
      for (const { problem, remedy } of inKeyFile(text).findings) {
        expect(problem, how).toMatch(/^(has|contains|is|starts|ends|lacks|does|stands) .*[^.]$/u);
        expect(remedy, how).toMatch(/^[A-Z].*[.]$/u);
        expect(`${problem} ${remedyText(remedy)}`, how).toMatch(/^[\P{C}]*$/u);
      }
    }
  });
});

describe("where a key is", () => {
  const K = makeKey();

  it("counts lines in a key file", () => {
    const [finding] = inKeyFile(`\n\n${K.slice(0, 8)}\u00a0${K.slice(8)}`).findings;
    expect(finding).toMatchObject({ code: "unicode-space", line: 3, column: 9 });
  });

  it("asks the caller for a place in agent.toml", () => {
    const locate = (index: number) => ({ line: 7, column: 17 + index });
    const { findings } = diagnoseKey(`${K} `, { kind: "config" }, locate);
    expect(findings).toMatchObject([{ problem: "ends with a space (column 85)", line: 7, column: 85 }]);
  });

  it("counts a byte-order mark as a part of the text, and not of the column", () => {
    const { findings } = diagnoseKey(`\ufeff ${K}`, { kind: "input" }, (index) => ({
      line: 1,
      column: index,
    }));
    expect(findings).toMatchObject([{ code: "leading-whitespace", column: 1 }]);
    expect(inKeyFile(`\ufeff ${K}`).findings).toMatchObject([{ code: "leading-whitespace", column: 1 }]);
  });

  it("has no place at a prompt", () => {
    const { findings } = diagnoseKey(` ${K}\n`, { kind: "input" });
    expect(findings).toMatchObject([{ problem: "starts with a space" }]);
    expect(findings[0]).not.toHaveProperty("line");
  });

  it("says a line end inside the quotes of agent.toml, where it is not normal", () => {
    expect(inConfig(`${K}\n`).findings).toMatchObject([
      { code: "trailing-whitespace", problem: "ends with a line break" },
    ]);
  });

  it("refuses a byte-order mark inside the quotes of agent.toml", () => {
    expect(inConfig(`\ufeff${K}`).findings).toMatchObject([{ code: "invisible-character" }]);
  });
});

describe("no character of a key", () => {
  /** Letters whose runs of three stand in no English sentence and no name of a code point. */
  const rare = fc.string({ unit: fc.constantFrom(..."QZXJVKqzxjvk"), minLength: 6, maxLength: 64 });
  const damage = fc.constantFrom(
    ..." \t\n\u00a0\u200b\u202e\u2019\"'\\,;%$<>{}()=:#*.\u2026\u2022\0\u001b\ufffd\u043e",
    "exc_",
    "Bearer ",
    "access_token = ",
    "ghp_",
    "https://",
    "...",
    " # ",
    "\\n",
  );

  it("stands in a finding, however it was damaged", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(rare, damage), { maxLength: 9 }), fc.boolean(), (parts, hasPrefix) => {
        const text = `${hasPrefix ? "exc_" : ""}${parts.join("")}`;
        const { key, findings } = inKeyFile(text);
        const said = `${JSON.stringify(findings)} ${inspect(findings)}`;
        for (const secret of text.match(/[QZXJVKqzxjvk]{3,}/gu) ?? []) {
          for (let index = 0; index + 3 <= secret.length; index++) {
            expect(said).not.toContain(secret.slice(index, index + 3));
          }
        }
        expect(key === undefined).toBe(findings.some(({ severity }) => severity === "refused"));
      }),
      { numRuns: runs(500) },
    );
  });

  it("reaches a header unless it is printable ASCII behind exc_", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const { key } = inConfig(`exc_${text}`);
        if (key !== undefined) {
          expect(revealKey(key)).toMatch(/^exc_[\x21-\x7e]+$/u);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it.each([
    ["blanks", (size: number) => " ".repeat(size)],
    ["blanks between two letters", (size: number) => `x${" ".repeat(size)}x`],
    ["beginnings of keys", (size: number) => "exc_".repeat(size / 4)],
    ["comments", (size: number) => "\n#".repeat(size / 2)],
  ])("is looked for in many %s with work that grows with its length", async (_what, text) => {
    const texts = new Map([5000, 50_000].map((size) => [size, text(size)]));
    expect(await growth((size) => inKeyFile(texts.get(size) ?? ""), 5000)).toBeLessThan(40);
  });
});
