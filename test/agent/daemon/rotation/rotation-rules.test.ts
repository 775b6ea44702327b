import { describe, expect, it } from "vitest";
import {
  atStart,
  type KeyMemory,
  newGenerationState,
} from "../../../../src/agent/daemon/rotation/generation-state.ts";
import {
  NOTHING_YET,
  nextDue,
  nextRotation,
  type Rotation,
  type RotationEvent,
} from "../../../../src/agent/daemon/rotation/rotation.ts";
import type { SyncOutcome } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { accepted, type ConfigChanges, fileWith, refused } from "../../../support/agent/loaded.ts";
import { makeKey } from "../../../support/keys.ts";

const [A, B, C] = [makeKey(), makeKey(), makeKey()];
const NOW = 1_000_000;

function generation(id: number, secret: string, changes: ConfigChanges = {}) {
  const { config, key, keySource, lines } = fileWith(secret, changes);
  return { id, config, key, keySource, lines, caPem: undefined, findings: [], file: "agent.toml" };
}

function memoryOf(acceptedAt: number): KeyMemory {
  return {
    verdict: "accepted",
    acceptedAt,
    keyId: "k",
    keyName: "n",
    keyEndsAt: undefined,
    restartSpreadMs: 10_000,
  };
}

/** Events one second apart, the first at NOW. */
function lifeOf(...events: readonly RotationEvent[]): Rotation {
  return events.reduce(
    (rotation, event, index) => nextRotation(rotation, event, NOW + index * 1000, () => 0.5),
    NOTHING_YET,
  );
}

const file = (id: number, secret: string, memory?: KeyMemory, changes?: ConfigChanges): RotationEvent => ({
  kind: "file-valid",
  generation: generation(id, secret, changes),
  memory,
});
const answer = (generationId: number, outcome: SyncOutcome): RotationEvent => ({
  kind: "outcome",
  generationId,
  outcome,
});

/** The executor was accepted with A and then refused; now the file has B, of which only a memory tells. */
const refusedWithAnother = (memory: KeyMemory) =>
  [file(1, A), answer(1, accepted()), answer(1, refused()), file(2, B, memory)] as const;

describe("the key that is kept for the case that the file's is refused", () => {
  it.each([
    ["the file's before", NOW + 1001, 2],
    ["the proven one", NOW + 999, 1],
    ["the file's before, if both are equal", NOW + 1000, 2],
  ])("is the one that was accepted last: %s", (_which, acceptedAt, id) => {
    const rotation = lifeOf(...refusedWithAnother(memoryOf(acceptedAt)), file(3, C));
    expect(rotation.wanted?.generation.id).toBe(3);
    expect(rotation.proven?.generation.id).toBe(id);
  });
});

describe("of two syncs that are due together", () => {
  it("that of the running key comes first", () => {
    const together = ({ wanted, proven }: Rotation): Rotation => ({
      problem: undefined,
      wanted: wanted && { ...wanted, nextAt: NOW },
      proven: proven && { ...proven, nextAt: NOW },
    });
    const onProven = lifeOf(file(1, A), answer(1, accepted()), file(2, B));
    expect(nextDue(together(onProven))?.generation.id).toBe(1);
    const onWanted = lifeOf(...refusedWithAnother(memoryOf(1)));
    expect(nextDue(together(onWanted))?.generation.id).toBe(2);
  });
});

it("a file that is saved with other settings does not hurry a key that is not refused", () => {
  const before = lifeOf(file(1, A), answer(1, accepted()));
  const saved = nextRotation(before, file(2, A, undefined, { level: "debug" }), NOW + 2000, () => 0.5);
  expect(saved.wanted?.nextAt).toBe(before.wanted?.nextAt);
  expect(saved.wanted?.generation.config.logging.level).toBe("debug");
});

it("the answer to a request of a key that is no longer there changes nothing", () => {
  const rotation = lifeOf(file(1, A), answer(1, accepted()), file(2, B));
  expect(nextRotation(rotation, answer(99, refused()), NOW + 5000, () => 0.5)).toBe(rotation);
});

describe("a start", () => {
  const firstAt = (ageMs: number) => {
    const state = newGenerationState(generation(1, A), NOW, memoryOf(NOW - ageMs));
    return atStart(state, NOW, () => 0.5).nextAt - NOW;
  };

  it("is a restart from the moment of the acceptance until five minutes later", () => {
    expect([-1, 0, 300_000, 300_001].map(firstAt)).toEqual([0, 5000, 5000, 0]);
  });
});
