import { describe, expect, it } from "vitest";
import { diagnoseKey, type KeyOrigin } from "../../../src/agent/key/diagnose-key.ts";
import { letters } from "../../support/agent/damaged-keys.ts";
import { OUTPUT } from "../../support/agent/stand-ins.ts";
import { makeKey } from "../../support/keys.ts";

/** What each finding says of one text, where a neighbour says something else. */

const K = makeKey();
const problems = (text: string, kind: KeyOrigin["kind"] = "input") =>
  diagnoseKey(text, { kind }).findings.map(({ problem }) => problem);

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
