import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatForStdout, formatLine } from "../../../src/agent/journal/format.ts";

function line(msg: string, level = "warn"): string {
  return JSON.stringify({ level, time: "2026-06-01T12:00:00.000Z", event: "key.refused", msg });
}

describe("for the journal", () => {
  it.each([
    ["debug", "<7>"],
    ["info", "<6>"],
    ["warn", "<4>"],
    ["error", "<3>"],
  ])("%s has priority %s", (level, priority) => {
    expect(formatLine(line("Said.", level), "journal")).toBe(`${priority}key.refused: Said.\n`);
  });

  it("each line of several carries the priority", () => {
    expect(formatLine(line("one\ntwo\nthree"), "journal")).toBe(
      "<4>key.refused: one\n<4>  two\n<4>  three\n",
    );
  });

  it("no text can begin a line with a priority of its own", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\n", "<0>", "<3>", "\r", "a", " ", "MAINPID=1")), (parts) => {
        const lines = formatLine(line(parts.join("")), "journal").split("\n");
        expect(lines.pop()).toBe("");
        for (const each of lines) {
          expect(each).toMatch(/^<4>(key\.refused: | {2})/);
        }
      }),
    );
  });
});

it("for machines it is the line itself", () => {
  expect(formatLine(line("a\nb"), "json")).toBe(line("a\nb"));
});

it("for a terminal: the time, the level, the event; further lines are set back", () => {
  expect(formatLine(line("one\ntwo"), "pretty")).toMatch(
    /^\d\d:\d\d:\d\d .*warn.* key\.refused: one\n {2}two\n$/,
  );
});

it("the journal's format is taken where stdout is the journal, and nowhere else", () => {
  expect(formatForStdout(undefined)).toBe("pretty");
  expect(formatForStdout("8:12345")).toBe("pretty");
  expect(formatForStdout("nonsense")).toBe("pretty");
});
