import { describe, expect, it } from "vitest";
import {
  mapRemedy,
  type Remedy,
  remedyLines,
  remedyText,
  step,
  withCommand,
} from "../../../src/lib/text/remedy.ts";

const CASES: readonly (readonly [Remedy, text: string, lines: readonly string[]])[] = [
  ["Wait a minute.", "Wait a minute.", ["Fix: Wait a minute."]],
  [[], "", []],
  ["", "", []],
  [[step("Run:", "a -b", "c")], "Run: a -b && c", ["Fix:", "  a -b && c"]],
  [
    [step("To see it, run:", "a 'x. Run: y'"), step("Then wait."), step("Then run:", "b")],
    "To see it, run: a 'x. Run: y'. Then wait. Then run: b",
    ["Fix: To see it, run:", "  a 'x. Run: y'", "Then wait.", "Then run:", "  b"],
  ],
  [
    [step("It is root's."), step("Fix:", "chmod 640 /a")],
    "It is root's. Fix: chmod 640 /a",
    ["It is root's.", "Fix:", "  chmod 640 /a"],
  ],
];

describe("a text that ends with a command", () => {
  it.each([
    ["Correct it, then run: a b && c d", [{ say: "Correct it, then run:", run: "a b && c d" }]],
    ["Run: a. To see b, run: c d", [{ say: "Run: a. To see b, run:", run: "c d" }]],
    ["Run: a", [{ say: "Run:", run: "a" }]],
    ["First run: a b. Then look.", "First run: a b. Then look."],
    ["Check it; run: a; look", "Check it; run: a; look"],
    ["Check the rerun: it ends", "Check the rerun: it ends"],
    ["Try again.", "Try again."],
  ])("%s", (text, steps) => {
    expect(withCommand(text)).toEqual(steps);
    expect(remedyText(withCommand(text))).toBe(text);
  });
});

describe("a remedy", () => {
  it.each(CASES)("%j is one text, or lines", (remedy, text, lines) => {
    expect(remedyText(remedy)).toBe(text);
    expect(remedyLines(remedy)).toEqual(lines);
  });

  it("has other words and commands, with the same steps", () => {
    const hide = (text: string) => text.replaceAll("hunter2", "…");
    expect(mapRemedy([step("Say hunter2:", "echo hunter2"), step("Wait.")], hide)).toEqual([
      step("Say …:", "echo …"),
      step("Wait."),
    ]);
    expect(mapRemedy("hunter2", hide)).toBe("…");
  });
});
