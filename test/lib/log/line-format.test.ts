import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatForStdout, journalText, type Line, prettyText } from "../../../src/lib/log/line-format.ts";

function line(message: string, level: Line["level"] = "warn"): Line {
  return { level, event: "key.refused", message };
}

describe("for the journal", () => {
  it.each([
    ["debug", "<7>"],
    ["info", "<6>"],
    ["warn", "<4>"],
    ["error", "<3>"],
  ] as const)("%s has priority %s", (level, priority) => {
    expect(journalText(line("Said.", level))).toBe(`${priority}key.refused: Said.\n`);
  });

  it("each line of several carries the priority", () => {
    expect(journalText(line("one\ntwo\nthree"))).toBe("<4>key.refused: one\n<4>  two\n<4>  three\n");
  });

  it("no text can begin a line with a priority of its own", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\n", "<0>", "<3>", "\r", "a", " ", "MAINPID=1")), (parts) => {
        const lines = journalText(line(parts.join(""))).split("\n");
        expect(lines.pop()).toBe("");
        for (const each of lines) {
          expect(each).toMatch(/^<4>(key\.refused: | {2})/);
        }
      }),
    );
  });
});

it("for a terminal: the time, the level, the event; further lines are indented", () => {
  expect(prettyText(line("one\ntwo"))).toMatch(/^\d\d:\d\d:\d\d .*warn.* key\.refused: one\n {2}two\n$/);
});

it("the journal's format is taken where stdout is the journal, and nowhere else", () => {
  expect(formatForStdout({})).toBe("pretty");
  expect(formatForStdout({ JOURNAL_STREAM: "8:12345" })).toBe("pretty");
  expect(formatForStdout({ JOURNAL_STREAM: "nonsense" })).toBe("pretty");
});

it("in a pod a machine reads the lines", () => {
  expect(formatForStdout({ KUBERNETES_SERVICE_HOST: "10.96.0.1" })).toBe("json");
});
