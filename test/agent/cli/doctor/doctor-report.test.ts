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

  it("says as whom the executor is online: one name can be in two organizations", () => {
    const named: Check = { ...ONLINE, who: "fra-34 of organization acme" };
    const as = "The executor is online as fra-34 of organization acme";
    expect(said(named).at(-1)).toBe(`${as}. Nothing is wrong.`);
    const warning: Check = { ...wrong("mode"), status: "warning" };
    expect(said(warning, named).at(-2)).toBe(`${as}, with one warning (mode): it is wrong.`);
    expect(said(wrong("key"), named).at(-2)).toMatch(
      new RegExp(`^${as}, but may not be after a restart\\. Cause`, "u"),
    );
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
    expect(lines.filter((line) => line.trim() === why)).toHaveLength(1);
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

  it("says the cause and its remedy once, at the end", () => {
    const cause = wrong("tcp", [step("Start it:", "systemctl start a")]);
    const lines = said({ ...cause, detail: "connection refused by cp:443 (control_plane.url)" }, OFFLINE);
    expect(lines).toEqual([
      "bad     tcp            see below: this is the cause",
      "bad     executor       Refused",
      "                       Fix: What is bad above (tcp) comes first.",
      "",
      "The executor is not online. Cause (tcp): connection refused by cp:443 (control_plane.url).",
      "Fix: Start it:",
      "  systemctl start a",
    ]);
  });

  it.each([
    [
      "cp is unreachable, since 10:00: connection refused by cp:443. Next try at 10:05",
      "cp is unreachable, since 10:00. Next try at 10:05",
    ],
    [
      "cp has refused it, since 10:00: it is revoked. Create another key: set-key. That is of its last try",
      "cp has refused it, since 10:00: it is revoked. That is of its last try",
    ],
    ["connection refused by cp:443", "connection refused by cp:443"],
    ["the last try: timeout", "the last try: timeout"],
  ])("leaves out of another row what the cause says: %s", (detail, shown) => {
    const cause = {
      ...wrong("tcp", [step("Create another key: set-key. Run:", "a")]),
      detail: "connection refused by cp:443 (control_plane.url)",
    };
    expect(said(cause, { ...OFFLINE, detail })).toContain(`bad     executor       ${shown}`);
  });

  it("says each remedy once, and where it is", () => {
    const other: Check = { ...wrong("mode", "Fix this."), status: "warning" };
    const lines = said(wrong("file"), other, wrong("key"), wrong("unit", "Fix this."), ONLINE);
    expect(lines.filter((line) => line.includes("Fix:")).map((line) => line.trim())).toEqual([
      "Fix: Fix this.",
      "Fix: the same as at the end.",
      "Fix: the same as above (mode).",
      "Fix: Fix it.",
    ]);
  });

  it.each([
    [1, "The executor is online, with one warning (mode): it is wrong."],
    [2, "The executor is online, with 2 warnings. The first (mode): it is wrong."],
  ])("of %i warnings says the first in full at the end", (count, words) => {
    const odd: Check = { ...wrong("mode"), status: "warning" };
    const second: Check = { ...wrong("unit", "Fix that."), status: "warning", detail: "it is odd" };
    const lines = said(odd, ...(count === 2 ? [second] : []), ONLINE);
    expect(lines[0]).toBe("warning mode           see below");
    expect(lines.slice(-2)).toEqual([words, "Fix: Fix it."]);
    expect(lines.filter((line) => line.includes("Fix that."))).toHaveLength(count - 1);
  });

  it("of what could not be checked says in its row what it is, and at the end what to do", () => {
    const denied: Check = { stage: "unit", status: "unknown", detail: "denied", remedy: "Run it as root." };
    expect(said(denied, { ...denied, stage: "executor", detail: "denied, too" })).toEqual([
      "unknown unit           denied",
      "unknown executor       denied, too",
      "                       Fix: the same as at the end.",
      "",
      "Nothing is known to be wrong, but something could not be checked.",
      "Fix: Run it as root.",
    ]);
  });

  it("that could not check all says its first warning at the end, and how to see the rest", () => {
    const failed: Check = { ...wrong("tcp"), status: "warning", detail: "the control plane has failed" };
    const denied: Check = { stage: "unit", status: "unknown", detail: "denied", remedy: "Run it with sudo." };
    const lines = said(failed, denied);
    expect(lines[0]).toBe("warning tcp            see below");
    expect(lines.slice(-3)).toEqual([
      "Something could not be checked. What could be has one warning (tcp): the control plane has failed.",
      "Fix: Fix it.",
      "To see the rest, run doctor with sudo.",
    ]);
    const { remedy: _remedy, ...silent } = denied;
    expect(said(failed, silent).at(-1)).toBe("Fix: Fix it.");
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
