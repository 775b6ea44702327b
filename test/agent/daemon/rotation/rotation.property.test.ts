import fc from "fast-check";
import { expect, it } from "vitest";
import { type Generation, sameCredentials } from "../../../../src/agent/daemon/rotation/generation.ts";
import type { GenerationState, KeyMemory } from "../../../../src/agent/daemon/rotation/generation-state.ts";
import {
  candidate,
  NOTHING_YET,
  nextDue,
  nextRotation,
  type Rotation,
  type RotationEvent,
  running,
} from "../../../../src/agent/daemon/rotation/rotation.ts";
import { NO_NODES_STATUS } from "../../../../src/agent/daemon/status/nodes-status.ts";
import { agentStatus } from "../../../../src/agent/daemon/status/status.ts";
import type { SyncOutcome } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import type { Clock } from "../../../../src/lib/clock.ts";
import {
  accepted,
  type ConfigChanges,
  damagedFile,
  down,
  fileWith,
  forbidden,
  PATH,
  refused,
} from "../../../support/agent/loaded.ts";
import { makeKey } from "../../../support/keys.ts";
import { runs } from "../../../support/runs.ts";

/** Random lives of an agent: answers, files, retries and waits in any order, the invariants of rotation.ts after each. */

const SECRETS = [makeKey(), makeKey(), makeKey(), makeKey()];

type Step =
  | { readonly kind: "answer"; readonly outcome: SyncOutcome; readonly whose: "due" | "other" }
  | {
      readonly kind: "file";
      readonly secret: number;
      readonly changes: ConfigChanges;
      readonly memory: KeyMemory | undefined;
    }
  | { readonly kind: "damage" | "undo" | "retry" }
  | { readonly kind: "wait"; readonly ms: number };

const named = { keyId: "k_0", keyName: "earlier", keyEndsAt: undefined, restartSpreadMs: 0 };
const remembered: fc.Arbitrary<KeyMemory> = fc
  .oneof(
    fc.record({ verdict: fc.constantFrom("accepted", "refused"), acceptedAt: fc.nat(900_000) }),
    fc.constant({ verdict: "refused" as const, acceptedAt: undefined }),
  )
  .map((each) => ({ ...each, ...named }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("answer"),
      outcome: fc.constantFrom(accepted(), refused("revoked"), forbidden(), down(), down(4000)),
      whose: fc.constantFrom("due", "due", "due", "other"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("file"),
      secret: fc.nat(SECRETS.length - 1),
      changes: fc.constantFrom({}, {}, {}, { name: "agent-2" }, { level: "debug" }),
      memory: fc.option(remembered, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("damage", "undo", "retry") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.nat(90_000) }) },
);

/** What a bystander knows: what the files say, and who was last told what. */
interface Witness {
  file: Generation | undefined;
  isDamaged: boolean;
  lastAccepted: Generation | undefined;
  readonly lastAnswer: Map<number, SyncOutcome["kind"]>;
}

it("whatever happens, in whichever order, the invariants of a rotation hold", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      live,
    ),
    { numRuns: runs(1000) },
  );
});

function live(steps: readonly Step[], chance: Iterator<number>): void {
  let rotation = NOTHING_YET;
  let now = 1_000_000;
  const witness: Witness = {
    file: undefined,
    isDamaged: false,
    lastAccepted: undefined,
    lastAnswer: new Map(),
  };
  const random = () => chance.next().value ?? 0.5;
  for (const [index, each] of steps.entries()) {
    now += each.kind === "wait" ? each.ms : 1;
    const event = eventOf(each, index, rotation, witness, now);
    if (event === undefined) {
      continue;
    }
    const before = rotation;
    rotation = nextRotation(before, event, now, random);
    observe(witness, event, rotation);
    forgetAnswerOfReturned(witness, before, rotation, event);
    checkTransition(before, rotation, event);
    checkState(rotation, witness, now);
  }
}

function eventOf(
  each: Step,
  index: number,
  rotation: Rotation,
  witness: Witness,
  now: number,
): RotationEvent | undefined {
  switch (each.kind) {
    case "answer": {
      const due = nextDue(rotation);
      const other = [rotation.wanted, rotation.proven].find((state) => state !== due) ?? due;
      const state = each.whose === "due" ? due : other;
      return state && { kind: "outcome", generationId: state.generation.id, outcome: each.outcome };
    }
    case "file": {
      const { config, key, keySource, lines } = fileWith(SECRETS[each.secret] ?? "", each.changes);
      const generation = {
        id: index + 1,
        config,
        key,
        keySource,
        caPem: undefined,
        findings: [],
        lines,
        file: "f",
      };
      return { kind: "file-valid", generation, memory: each.memory };
    }
    case "damage": {
      const loaded = damagedFile();
      if (loaded.verdict !== "key-unusable") {
        return undefined;
      }
      const { findings, keySource } = loaded;
      return { kind: "file-problem", problem: { kind: "key-unusable", findings, keySource, since: now } };
    }
    case "undo": {
      const generation = witness.file && { ...witness.file, id: index + 1 };
      return generation && { kind: "file-valid", generation, memory: undefined };
    }
    case "retry":
      return { kind: "retry" };
    case "wait":
      return undefined;
  }
}

function observe(witness: Witness, event: RotationEvent, after: Rotation): void {
  if (event.kind === "file-valid") {
    witness.file = event.generation;
    witness.isDamaged = false;
  }
  if (event.kind === "file-problem") {
    witness.isDamaged = true;
  }
  if (event.kind !== "outcome") {
    return;
  }
  witness.lastAnswer.set(event.generationId, event.outcome.kind);
  if (event.outcome.kind === "accepted") {
    witness.lastAccepted = byId(after, event.generationId)?.generation;
  }
}

/** An earlier key that is in the file again is tried anew, unless it still runs. */
function forgetAnswerOfReturned(
  witness: Witness,
  before: Rotation,
  after: Rotation,
  event: RotationEvent,
): void {
  const id = after.wanted?.generation.id;
  const isReturned = event.kind === "file-valid" && id === before.proven?.generation.id;
  if (isReturned && id !== undefined && before.proven?.verdict !== "accepted") {
    witness.lastAnswer.delete(id);
  }
}

function checkTransition(before: Rotation, after: Rotation, event: RotationEvent): void {
  const old = running(before);
  const current = running(after);
  if (old !== undefined) {
    expect(current, "an executor stopped running").toBeDefined();
  }
  if (old?.verdict === "accepted" && current?.generation.id !== old.generation.id) {
    const isDisplaced = current?.verdict === "accepted" && current.sync.kind === "online";
    const wasRefused = byId(after, old.generation.id)?.verdict === "refused";
    expect(isDisplaced || wasRefused, "an accepted state was left for one that was not accepted").toBe(true);
  }
  if (event.kind === "file-problem") {
    expect(current, "a problem in the file changed what runs").toEqual(old);
  }
  if (event.kind === "retry") {
    expect(nextDue(after)?.nextAt ?? 0).toBeLessThanOrEqual(nextDue(before)?.nextAt ?? 0);
  }
}

function checkState(rotation: Rotation, witness: Witness, now: number): void {
  const { wanted, proven, problem } = rotation;
  const current = running(rotation);
  if (wanted !== undefined) {
    expect(Number.isFinite(nextDue(rotation)?.nextAt), "nothing is due").toBe(true);
  }
  if (wanted !== undefined && proven !== undefined) {
    expect(sameCredentials(wanted.generation, proven.generation), "two states with one key").toBe(false);
  }
  if (proven !== undefined) {
    expect(proven.acceptedAt, "proven, but never accepted").toBeDefined();
  }
  if (witness.lastAccepted !== undefined) {
    const { lastAccepted } = witness;
    const isKept = [wanted, proven].some((each) => each && sameCredentials(each.generation, lastAccepted));
    expect(isKept, "the key that was accepted last was forgotten").toBe(true);
  }

  const status = agentStatus(rotation, {
    configPath: PATH,
    nodes: NO_NODES_STATUS,
    conditions: [],
    dataDir: "/var/lib/novacula",
    startedAt: 0,
    pid: 1,
    self: undefined,
    clock: stopped(now),
  });
  expect(status.state).toBe(expectedState(current, witness, problem !== undefined));
  const runsTheFile =
    !witness.isDamaged &&
    current !== undefined &&
    witness.file !== undefined &&
    sameCredentials(current.generation, witness.file);
  expect(status.pendingChange === null, "pendingChange is null iff the file's generation runs").toBe(
    runsTheFile || (current === undefined && problem === undefined),
  );
  expect(candidate(rotation) === undefined || candidate(rotation) === wanted).toBe(true);
}

/** The running session's state is the last answer that its generation was given, and nothing else. */
function expectedState(current: GenerationState | undefined, witness: Witness, hasProblem: boolean): string {
  if (current === undefined) {
    return hasProblem ? "key-unusable" : "config-invalid";
  }
  switch (witness.lastAnswer.get(current.generation.id)) {
    case undefined:
      return "connecting";
    case "accepted":
      return "online";
    case "refused":
      return "key-refused";
    case "forbidden":
      return "forbidden";
    case "unreachable":
      return "unreachable";
  }
}

function byId({ wanted, proven }: Rotation, id: number): GenerationState | undefined {
  return [wanted, proven].find((state) => state?.generation.id === id);
}

function stopped(now: number): Clock {
  return { now: () => now, wall: (at) => at, fromWall: (at) => at };
}
