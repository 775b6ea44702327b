import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { examinationText } from "../../../../src/agent/cli/doctor/doctor-report.ts";
import { type Check, examination, type Stage } from "../../../../src/agent/doctor/examination.ts";
import { FAULT_TABLE } from "../../../support/agent/fault-table.ts";

const ONLINE: Check = { stage: "executor", status: "ok", detail: "Online" };
const OFFLINE: Check = { ...ONLINE, status: "bad", detail: "Refused", remedy: "First fix it." };
const wrong = (stage: Stage, remedy = "Fix it."): Check => {
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

  it("ends a line with each command, so that nothing is copied with it", () => {
    const remedy = "To see why, run: journalctl -u a -n 3. Once it is fixed, run: systemctl start a";
    const command = said(ONLINE, wrong("unit", remedy));
    for (const lines of [command, command.map((line) => line.trim())]) {
      expect(lines.filter((line) => line.endsWith("run: journalctl -u a -n 3"))).not.toEqual([]);
    }
    expect(command.slice(-2)).toEqual([
      "Fix: To see why, run: journalctl -u a -n 3",
      "Once it is fixed, run: systemctl start a",
    ]);
  });

  it("says Fix once, before what to do", () => {
    const remedy = "It has mode 0600, owner root. Fix: chmod 0640 /a.toml";
    expect(said(ONLINE, wrong("mode", remedy)).slice(-2)).toEqual([
      "It has mode 0600, owner root.",
      "Fix: chmod 0640 /a.toml",
    ]);
  });

  it.each(FAULT_TABLE.map((row) => [row.fault, row] as const))("of %s", (_fault, { checks }) => {
    const lines = said(...checks());
    // A command with a sentence behind it, or with its full stop.
    expect(lines.filter((line) => /\b[Rr]un: (?!doctor)[^"']*(?:\.$|\. [A-Z])/u.test(line))).toEqual([]);
  });
});
