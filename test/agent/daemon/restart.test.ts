import { describe, expect, it } from "vitest";
import type { KeyMemory } from "../../../src/agent/daemon/rotation/generation-state.ts";
import { accepted, damagedFile, fileWith } from "../../support/agent/loaded.ts";
import { MINUTE, SECOND, seededRandom, simulate } from "../../support/agent/simulation.ts";

const START_MS = Date.UTC(2026, 5, 1, 12);
const K1 = `exc_${"a".repeat(64)}`;
const K2 = `exc_${"b".repeat(64)}`;

function memoryOf(ageMs: number, changes: Partial<KeyMemory> = {}): KeyMemory {
  return {
    verdict: "accepted",
    acceptedAt: START_MS - ageMs,
    keyId: "k_1",
    keyName: "prod",
    keyEndsAt: undefined,
    restartSpreadMs: 12_000,
    ...changes,
  };
}

/** When an agent that starts with this memory syncs first, ms after its start. */
function firstSyncMs(memory: KeyMemory | undefined, seed = 1): number | undefined {
  const agent = simulate({ file: fileWith(K1), answer: () => accepted(), recall: () => memory, seed });
  agent.run(MINUTE);
  return agent.exchanges[0]?.atMs;
}

describe("the first sync of a process", () => {
  it.each([
    ["on a host that has no memory", undefined],
    ["with a key that was refused last", memoryOf(3 * SECOND, { verdict: "refused" })],
    ["after ten minutes of silence", memoryOf(10 * MINUTE)],
    ["with a memory from the future, as after a clock was set back", memoryOf(-MINUTE)],
    ["where the control plane has no fleet to spread", memoryOf(3 * SECOND, { restartSpreadMs: 0 })],
  ])("is at once %s", (_when, memory) => {
    expect(firstSyncMs(memory)).toBe(0);
  });

  it("is spread, after a restart, over the time that the control plane gave", () => {
    const seeds = Array.from({ length: 200 }, (_, seed) => seed);
    const waits = seeds
      .map((seed) => firstSyncMs(memoryOf(3 * SECOND), seed) ?? Number.NaN)
      .sort((a, b) => a - b);
    expect(waits[0]).toBeLessThan(1000);
    expect(waits.at(-1)).toBeGreaterThan(11_000);
    expect(waits.at(-1)).toBeLessThan(12_000);
    const few = seeds.map(
      (seed) => firstSyncMs(memoryOf(3 * SECOND, { restartSpreadMs: 4 }), seed) ?? Number.NaN,
    );
    expect(Math.max(...few)).toBeLessThan(4);
  });

  it("never waits for more than a minute, whatever was written down", () => {
    const random = seededRandom(7);
    for (const [restartSpreadMs, mostMs] of [
      [undefined, 12_000],
      [1e12, MINUTE],
    ] as const) {
      expect(firstSyncMs(memoryOf(SECOND, { restartSpreadMs }), random() * 1e6)).toBeLessThan(mostMs);
    }
  });

  it("is due at once when an operator asks, and the status says how", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(), recall: () => memoryOf(SECOND) });
    expect(agent.status()).toMatchObject({
      state: "connecting",
      reason: expect.stringMatching(
        /^Restarted\. The first sync with cp\.example\.com is at .*To sync now: novacula-agent retry$/,
      ),
    });
    agent.retry();
    expect(agent.status().reason).toMatch(/^Connecting to/);
    agent.run(SECOND);
    expect(agent.exchanges[0]?.atMs).toBe(0);
  });

  it("is at once for a key that came into the file after the start, and for a file that was fixed", () => {
    const recall = () => memoryOf(SECOND);
    const changed = simulate({ file: fileWith(K1), answer: () => accepted(), recall });
    changed.change(fileWith(K2));
    changed.run(10);
    expect(changed.exchanges).toHaveLength(1);
    const fixed = simulate({ file: damagedFile(), answer: () => accepted(), recall });
    fixed.change(fileWith(K1));
    fixed.run(10);
    expect(fixed.exchanges).toHaveLength(1);
  });
});
