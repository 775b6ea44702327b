import { describe, expect, it } from "vitest";
import { diagnoseKey, type KeyOrigin } from "../../../src/agent/key/diagnose-key.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { letters } from "../../support/agent/damaged-keys.ts";
import { OUTPUT } from "../../support/agent/stand-ins.ts";
import { makeKey } from "../../support/keys.ts";

/** What each finding says of one text, where a neighbour says something else. */

const K = makeKey();
const problems = (text: string, kind: KeyOrigin["kind"] = "input") =>
  diagnoseKey(text, { kind }).findings.map(({ problem }) => problem);

const created = (line: string) => `Created key prod in organization acme.

  key id       0mx3k12w1qhdtriDDrBiBTUECwy8PS4e
  fingerprint  810b4b5f
  expires      never

The key is shown this once and cannot be read again. In agent.toml:

[control_plane]
${line}
`;

describe("the problem", () => {
  it.each<readonly [text: string, ...problems: readonly string[]]>([
    ["", "is empty"],
    [" \t", "contains only white space"],
    ['""', "has its own quote before it", "contains nothing"],
    ["exc_", "is cut off directly after its prefix"],
    ["exc", "is cut off directly after its prefix"],
    ["ex", "does not start with exc_, as every executor key does"],

    [`\t${K}`, "starts with a tab"],
    [`\t\t${K}`, "starts with 2 tabs"],
    [`${K}\r`, "ends with a carriage return"],
    [`${K}\r\r`, "ends with 2 carriage returns"],
    [`${K} \t`, "ends with 2 white-space characters"],
    [`${K}\v`, "ends with a white-space character"],

    [`${K},`, "ends with a comma"],
    [`${K};`, "ends with a semicolon"],
    [`${K}.`, "ends with a full stop"],
    [`${K}\\`, "ends with a backslash"],
    [`${K}%`, "ends with a percent sign, which zsh shows if a line end is missing"],
    [`${K},;`, "ends with a comma, semicolon, full stop, backslash or percent sign"],

    [`"${K}"`, "has its own quotes around it"],
    [`"${K}`, "has its own quote before it"],
    [`${K}"`, "has its own quote after it"],
    [`\u201c${K}`, "has its own quote before it, U+201C LEFT DOUBLE QUOTATION MARK"],
    [`(${K})`, "has brackets around it"],
    [`(${K}`, "has a bracket before it"],
    [`${K})`, "has a bracket after it"],
    [`${K}))`, "has a bracket after it"],
    [`((${K}))`, "has brackets around it"],
    [`${K}" "`, "has its own quote after it"],
    [`\u001b[200~${K}\u001b[201~`, "has a terminal's paste marks around it (U+001B ESCAPE and [200~)"],
    [`${K}${K}${K}`, "contains the key 3 times"],
    [`access_token = "Authorization: Bearer ${K}"`, "has the name of a setting before it"],

    [`sk-ant-${letters(48)}`, "is an Anthropic API key, not an executor key"],
    [`sk-${letters(48)}`, "is an OpenAI API key, not an executor key"],
    [`your-${"a".repeat(30)}--key`, "is still the placeholder"],
    [`your-${"a".repeat(30)}---key`, "does not start with exc_, as every executor key does"],
  ])("of %j", (text, ...expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it.each([
    ["what keys create prints", (key: string) => created(`access_token = "${key}"`), 10],
    [
      "the same from Windows",
      (key: string) => created(`access_token = "${key}"`).replaceAll("\n", "\r\n"),
      10,
    ],
    ["a mail", (key: string) => `Hello,\nhere is the key:\n${key}\nBye`, 3],
    [
      "a whole agent.toml",
      (key: string) => `[control_plane]\nurl = "https://a.example"\naccess_token = "${key}"\n`,
      3,
    ],
    ["a long text", (key: string) => `${"Some words of a page.\n".repeat(100)}${key}\n`, 101],
  ])("of %s is where the one key is, and never shows it", (_what, around, line) => {
    const { key, findings } = diagnoseKey(around(K), { kind: "input" });
    expect(key).toBeUndefined();
    expect(findings.map(({ code }) => code)).toEqual(["key-in-text"]);
    expect(findings[0]?.problem).toContain(`exactly one whole key is there, in line ${line}`);
    expect(remedyText(findings[0]?.remedy ?? "")).toMatch(/^Paste only that word, .*--key-only/u);
    expect(JSON.stringify(findings)).not.toMatch(/exc_[A-Za-z]/u);
  });

  it.each([
    ["two keys", `Old:\n${K}\nNew:\n${makeKey()}\n`],
    ["a damaged key", `Here\nit is:\n${K.slice(0, 60)}\n`],
    ["a key and a piece of one", `Here\nit is:\n${K}\n${K.slice(0, 20)}`],
  ])("of a text with %s is another", (_what, text) => {
    const { key, findings } = diagnoseKey(text, { kind: "input" });
    expect(key).toBeUndefined();
    expect(findings.map(({ code }) => code)).not.toContain("key-in-text");
  });

  it("of 512 characters is their number, and of 513 that they are too many", () => {
    expect(problems(`exc_${letters(508)}`)).toEqual([
      "has 508 characters after exc_, but a key has 64: probably something else was pasted with it",
    ]);
    expect(problems(`exc_${letters(509)}`)).toEqual(["is 513 characters long, but a key has 68"]);
  });

  it("of a key beside the output of a program is what to delete, not the output", () => {
    for (const [text] of OUTPUT.filter(([, code]) => !["http-answer", "web-page"].includes(code))) {
      const codes = diagnoseKey(`${text} ${K}`, { kind: "key-file" }).findings.map(({ code }) => code);
      expect(codes, text).not.toContain("tool-output");
    }
  });

  it("names the line, unless the source of the key does", () => {
    const locate = (index: number) => ({ line: 7, column: index + 1 });
    const said = (kind: KeyOrigin["kind"]) => diagnoseKey(` ${K}`, { kind }, locate).findings[0]?.problem;
    expect(said("input")).toBe("starts with a space (line 7, column 1)");
    expect(said("config")).toBe("starts with a space (column 1)");
  });
});
