import { describe, expect, it } from "vitest";
import { withFixLast } from "../../../../src/agent/daemon/narration/fix-last.ts";
import { type Remedy, step } from "../../../../src/lib/text/remedy.ts";

const EFFECT = "Still online.";

function invalid(...remedies: readonly Remedy[]) {
  const issues = remedies.map((remedy) => ({ code: "x", file: "/a.toml", problem: "it is bad", remedy }));
  return { kind: "invalid", issues, since: 0 } as const;
}

describe("a remedy in a line of the journal", () => {
  it.each<[Remedy, line: string]>([
    [[step("It is open."), step("Fix:", "chmod 0640 /k")], "It is open. Still online. Fix: chmod 0640 /k"],
    [
      [step("Create a key, then run:", "sudo novacula-agent set-key")],
      "Still online. Create a key, then run: sudo novacula-agent set-key",
    ],
    [[step("Take it out, then restart:", "a", "b")], "Still online. Take it out, then restart: a && b"],
    [
      [step("To see it, run:", "getfacl /k"), step("If it is the ACL, run:", "setfacl /k")],
      "To see it, run: getfacl /k. Still online. If it is the ACL, run: setfacl /k",
    ],
    [
      [step("To see it, run:", "getfacl /k"), step("Then wait.")],
      "To see it, run: getfacl /k. Then wait. Still online.",
    ],
    ["Copy it again.", "Copy it again. Still online."],
    ["Write it without Run: in front.", "Write it without Run: in front. Still online."],
  ])("%j comes last if it ends with a command", (remedy, line) => {
    expect(withFixLast(invalid(remedy), EFFECT)).toBe(`/a.toml: it is bad. ${line}`);
  });

  it("comes after the effect if there are several, so no command runs into a sentence", () => {
    const fix = [step("Fix:", "chmod 1 /a")];
    expect(withFixLast(invalid(fix, "Wait."), EFFECT, (text) => `Bad: ${text}`)).toBe(
      "Still online. Bad: /a.toml: it is bad. Fix: chmod 1 /a | it is bad. Wait.",
    );
    expect(withFixLast(invalid("One.", "Two."), EFFECT)).toBe(
      "/a.toml: it is bad. One. | it is bad. Two. Still online.",
    );
  });

  it("is that of the finding for which a key is refused", () => {
    const warning = { code: "w", severity: "warning", problem: "is long", remedy: "Look." } as const;
    const refused = {
      code: "r",
      severity: "refused",
      problem: "is missing",
      remedy: [step("Create one, then run:", "set-key")],
    } as const;
    const problem = {
      kind: "key-unusable",
      findings: [warning, refused],
      keySource: "a.toml",
      since: 0,
    } as const;
    expect(withFixLast(problem, EFFECT)).toBe(
      "the key in a.toml is missing. Still online. Create one, then run: set-key",
    );
  });
});
