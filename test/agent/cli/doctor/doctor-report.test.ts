import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { examinationText } from "../../../../src/agent/cli/doctor/doctor-report.ts";
import {
  type Check,
  examination,
  examinationReport,
  type Stage,
} from "../../../../src/agent/doctor/examination.ts";
import { type Remedy, step } from "../../../../src/lib/text/remedy.ts";
import { FAULT_TABLE } from "../../../support/agent/fault-table.ts";

const ONLINE: Check = { stage: "executor", status: "ok", detail: "Online" };
const OFFLINE: Check = { ...ONLINE, status: "bad", detail: "Refused", remedy: "First fix it." };
const wrong = (stage: Stage, remedy: Remedy = "Fix it."): Check => {
  return { stage, status: "bad", detail: "it is wrong", remedy };
};

/** No terminal that a person looks at, so nothing is coloured. */
const PIPE = {
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  environment: {},
};

function said(...checks: readonly Check[]): readonly string[] {
  return examinationText(examination("/a.toml", checks), PIPE).split("\n");
}

describe("the verdict of doctor in words", () => {
  it.each([
    ["a second agent", [wrong("executor"), ONLINE], "is online, but something is wrong."],
    ["a node", [ONLINE, wrong("nodes")], "is online, but something is wrong."],
    ["a file", [wrong("key"), ONLINE], "is online, but may not be after a restart."],
    ["a unit", [wrong("unit"), ONLINE], "is online, but may not be after a restart."],
    ["a key that is refused", [wrong("authentication"), OFFLINE], "is not online."],
    ["a second agent as well", [wrong("executor"), OFFLINE], "is not online."],
  ])("says whether the executor is online beside %s", (_what, checks, words) => {
    const verdict = said(...checks).find((line) => line.startsWith("The executor "));
    expect(verdict).toMatch(new RegExp(`^The executor ${words} Cause \\((\\w+)\\): it is wrong\\.$`, "u"));
    expect(examination("/a.toml", checks).verdict).toBe("bad");
  });

  it("says nothing of an executor that it could not ask", () => {
    const unknown: Check = { ...ONLINE, status: "unknown", remedy: "Run doctor with sudo." };
    expect(said(wrong("nodes"), unknown).at(-2)).toBe("Cause (nodes): it is wrong.");
  });

  it("gives each command a line of its own, so that nothing is copied with it", () => {
    const why = 'journalctl -g "Run: it. Then" -n 3';
    const remedy = [
      step("To see why, run:", why),
      step("Once it is fixed, run:", "systemctl reset-failed a", "systemctl start a"),
    ];
    const lines = said(ONLINE, wrong("unit", remedy));
    expect(lines.filter((line) => line.trim() === why)).toHaveLength(2);
    expect(lines.slice(-4)).toEqual([
      "Fix: To see why, run:",
      `  ${why}`,
      "Once it is fixed, run:",
      "  systemctl reset-failed a && systemctl start a",
    ]);
  });

  it.each([
    [[step("Run:", "systemctl start a")], ["Fix:", "  systemctl start a"]],
    [
      [step("Clear the place."), step("Run:", "rmdir /a")],
      ["Fix: Clear the place.", "Run:", "  rmdir /a"],
    ],
    [
      [step("It has mode 0600."), step("Fix:", "chmod 0640 /a.toml")],
      ["It has mode 0600.", "Fix:", "  chmod 0640 /a.toml"],
    ],
  ])("says Fix once: %j", (remedy, lines) => {
    expect(said(ONLINE, wrong("mode", remedy)).slice(-lines.length)).toEqual(lines);
  });

  it("names what else is bad, unless that sends to the cause, and sends to doctor once", () => {
    const nodes = { ...wrong("nodes"), remedy: [step("See it:", "ls")] };
    expect(said(wrong("authentication"), OFFLINE).at(-1)).toBe("Fix: Fix it.");
    expect(said(wrong("authentication"), OFFLINE, nodes, nodes).at(-1)).toBe(
      "Then run doctor again. What else is bad above (nodes) may have the same cause.",
    );
    const remedy = "Wait a few seconds, then run doctor again.";
    const lines = said(wrong("tcp", remedy), OFFLINE, wrong("unit"), nodes);
    expect(lines.slice(-2)).toEqual([
      `Fix: ${remedy}`,
      "What else is bad above (unit, nodes) may have the same cause.",
    ]);
  });

  it("is one text for programs", () => {
    const remedy = [step("It is full."), step("To see it, run:", "df -h"), step("Then run:", "a")];
    const { cause } = examinationReport(examination("/a.toml", [ONLINE, wrong("unit", remedy)]));
    expect(cause?.remedy).toBe("It is full. To see it, run: df -h. Then run: a");
  });

  it.each(FAULT_TABLE.map((row) => [row.fault, row] as const))("of %s", (_fault, { checks }) => {
    // What an agent says of itself is a text, with its command last.
    const sentences = checks().flatMap(({ remedy = [] }) =>
      typeof remedy === "string" ? [] : remedy.map(({ say }) => say),
    );
    expect(sentences.filter((say) => /\b(?:sudo|systemctl|novacula-agent) [a-z]/u.test(say))).toEqual([]);
  });
});
