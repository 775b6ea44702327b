import { basename } from "node:path";
import { printable } from "../../lib/printable.ts";
import { VERSION } from "../../lib/version.ts";
import type { ExecutorProcess } from "../../protocol/sync.ts";
import type { Loaded } from "../config/load-config.ts";
import type { Entry } from "../journal/entry.ts";
import type { SyncOutcome } from "../sync/answer/sync-outcome.ts";
import { type FileContext, narrateProblem, narrateValidFile } from "./narration/narrate-file.ts";
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

/**
 * What the agent decides: the state that it is in, and the lines that tell of a change. Without
 * input and output; time and chance are injected.
 */
export interface Decisions {
  rotation(): Rotation;
  /** The files as they are now. Returns the lines for the journal. */
  applyFiles(loaded: Loaded): readonly Entry[];
  applyOutcome(generationId: number, outcome: SyncOutcome): readonly Entry[];
  /** Every planned sync is due now. */
  retry(): void;
}

interface DecisionsDeps extends FileContext {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** This process. */
  readonly self: ExecutorProcess | undefined;
  /** What an earlier process knew of a key; `url` is the control plane's. */
  readonly recall: (fingerprint: string, url: string) => KeyMemory | undefined;
}

export function createDecisions(deps: DecisionsDeps): Decisions {
  const { clock, random, recall, self } = deps;
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
        return [narrateProblem(problem, after, deps)];
      }
      generations += 1;
      const { config, key, keySource, caPem, findings, lines, path } = loaded;
      const file = printable(basename(path), 100);
      const generation = { id: generations, config, key, keySource, caPem, findings, lines, file };
      const memory = recall(key.fingerprint, config.controlPlane.url);
      const { before, after } = apply({ kind: "file-valid", generation, memory });
      return narrateValidFile(before, after, deps);
    },
    applyOutcome(generationId, outcome) {
      const { before, after } = apply({ kind: "outcome", generationId, outcome });
      const entries = narrateOutcome(before, after, generationId, clock);
      const state = running(after);
      if (outcome.kind !== "accepted" || state?.generation.id !== generationId) {
        return entries;
      }
      const said = noticesOf(notices, state, self, VERSION, clock);
      notices = said.notices;
      return [...entries, ...said.entries];
    },
    retry() {
      apply({ kind: "retry" });
    },
  };
}

function problemOf(loaded: Exclude<Loaded, { verdict: "usable" }>, now: number): FileProblem {
  if (loaded.verdict === "invalid") {
    return { kind: "invalid", issues: loaded.issues, since: now };
  }
  const { findings, keySource, config } = loaded;
  return {
    kind: "key-unusable",
    findings,
    keySource,
    credential: config.controlPlane.credential,
    since: now,
  };
}
