import { describe, expect, it } from "vitest";
import { withFixLast } from "../../../../src/agent/daemon/narration/fix-last.ts";

const EFFECT = "Still online.";

describe("a remedy in a line of the journal", () => {
  it.each([
    ["It is open. Fix: chmod 0640 /k", "It is open. Still online. Fix: chmod 0640 /k"],
    [
      "It is hidden. Move it. Run: sudo install /a.toml /b",
      "It is hidden. Move it. Still online. Run: sudo install /a.toml /b",
    ],
    [
      "It is missing. Create a key, then run: sudo novacula-agent set-key",
      "It is missing. Still online. Create a key, then run: sudo novacula-agent set-key",
    ],
    ["It is cut off. Copy it again.", "It is cut off. Copy it again. Still online."],
    [
      "It is damaged in agent.toml line 3. Copy it.",
      "It is damaged in agent.toml line 3. Copy it. Still online.",
    ],
  ])("%s", (problem, line) => {
    expect(withFixLast(problem, EFFECT)).toBe(line);
  });

  it("comes after the effect if there are several, so no command runs into a sentence", () => {
    const several = "One. Fix: chmod 1 /a | Two. Fix: chmod 2 /b";
    expect(withFixLast(several, EFFECT)).toBe(`${EFFECT} ${several}`);
    expect(withFixLast("Fix: chmod 1 /a", EFFECT)).toBe(`${EFFECT} Fix: chmod 1 /a`);
  });
});
