import type { Clock } from "../../lib/clock.ts";
import { VERSION } from "../../lib/version.ts";
import type { Loaded } from "../config/load-config.ts";
import type { Entry } from "../journal/entry.ts";
import type { SyncOutcome } from "../sync/answer/sync-outcome.ts";
import { narrateProblem, narrateValidFile } from "./narration/narrate-file.ts";
import { narrateOutcome } from "./narration/narrate-outcome.ts";
import { NO_NOTICES, noticesOf } from "./narration/notices.ts";
import type { KeyMemory } from "./rotation/generation-state.ts";
import {
  type FileProblem,
  NOTHING_YET,
  nextRotation,
  type Rotation,
  type RotationEvent,
  running,
} from "./rotation/rotation.ts";

/** The agent without its hands: what it is on, and what it says of it. No input or output, time and chance injected. */
export interface Decisions {
  rotation(): Rotation;
  /** The files as they are now. Returns what the journal says. */
  applyFiles(loaded: Loaded): readonly Entry[];
  applyOutcome(generationId: number, outcome: SyncOutcome): readonly Entry[];
  /** Whatever waits is due now. */
  retry(): void;
}

export interface DecisionsDeps {
  readonly path: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What an earlier process knew of a key. */
  readonly recall: (fingerprint: string, url: string) => KeyMemory | undefined;
}

export function createDecisions({ path, clock, random, recall }: DecisionsDeps): Decisions {
  let rotation = NOTHING_YET;
  let notices = NO_NOTICES;
  let generations = 0;

  function apply(event: RotationEvent): { before: Rotation; after: Rotation } {
    const before = rotation;
    rotation = nextRotation(before, event, clock.now(), random);
    return { before, after: rotation };
  }

  return {
    rotation: () => rotation,
    applyFiles(loaded) {
      if (loaded.verdict !== "usable") {
        const problem = problemOf(loaded, clock.now());
        const { after } = apply({ kind: "file-problem", problem });
        return [narrateProblem(problem, after, path, clock)];
      }
      generations += 1;
      const { config, key, keySource, caPem, findings } = loaded;
      const generation = { id: generations, config, key, keySource, caPem, findings };
      const memory = recall(key.fingerprint, config.controlPlane.url);
      const { before, after } = apply({ kind: "file-valid", generation, memory });
      return narrateValidFile(before, after, path, clock);
    },
    applyOutcome(generationId, outcome) {
      const { before, after } = apply({ kind: "outcome", generationId, outcome });
      const entries = narrateOutcome(before, after, generationId, clock);
      const state = running(after);
      if (outcome.kind !== "accepted" || state?.generation.id !== generationId) {
        return entries;
      }
      const said = noticesOf(notices, state, VERSION, clock);
      notices = said.notices;
      return [...entries, ...said.entries];
    },
    retry() {
      apply({ kind: "retry" });
    },
  };
}

function problemOf(loaded: Exclude<Loaded, { verdict: "usable" }>, now: number): FileProblem {
  return loaded.verdict === "invalid"
    ? { kind: "invalid", issues: loaded.issues, since: now }
    : { kind: "key-unusable", findings: loaded.findings, keySource: loaded.keySource, since: now };
}
