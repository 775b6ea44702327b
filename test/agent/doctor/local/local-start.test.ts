import { expect, it } from "vitest";
import { failedStart, type LocalStart } from "../../../../src/agent/doctor/local/local-start.ts";
import { forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const FAILED: LocalStart = { active: "failed", result: "exit-code", isMasked: false };

it("a control plane that has failed is seen by a user who may not read why", () => {
  const found = failedStart({ ...FAILED, words: { kind: "denied" } });
  expect(found?.detail).toBe("the control plane of this host has failed (exit-code)");
  expect(remedyText(found?.remedy ?? "")).toContain(`is not open to this user. Run: ${forAgent("doctor")}`);
  const said = failedStart({ ...FAILED, words: { kind: "said", why: "no key", remedy: undefined } });
  expect(said?.detail).toBe("the control plane of this host did not start: no key");
});

it("one that runs, is stopped or starts has not failed", () => {
  for (const more of [
    { active: "active" },
    { active: "inactive" },
    { active: "activating" },
    { isMasked: true },
  ]) {
    expect(failedStart({ ...FAILED, ...more })).toBeUndefined();
  }
});
