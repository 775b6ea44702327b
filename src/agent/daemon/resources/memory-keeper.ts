import type { Clock } from "../../../lib/clock.ts";
import type { AccessProblem } from "../../../lib/files/access-problem.ts";
import type { OriginMarks } from "../../sync/answer/origin-marks.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { type Memory, remember, writeMemory } from "./memory.ts";

/** How old `acceptedAt` in state.json may get, ms; after a crash it is this imprecise. */
const STALE_MS = 60_000;

/** Keeps state.json up to date without a write for every sync. */
export interface MemoryKeeper {
  current(): Memory;
  /** Remembers the state of a generation; writes if it is worth it. */
  note(state: GenerationState): Promise<void>;
  write(): Promise<void>;
}

/**
 * `marks` is what this process knows of origins. `onWrite` is called after each write: with the
 * reason if it failed.
 */
export function createMemoryKeeper(
  dataDir: string,
  initial: Memory,
  marks: Pick<OriginMarks, "list">,
  clock: Clock,
  onWrite: (failure: AccessProblem | undefined) => void,
): MemoryKeeper {
  let memory = initial;
  let written = essence(initial);
  let writtenMarks = initial.markedOrigins;
  let writtenAt = Number.NEGATIVE_INFINITY;

  async function write(): Promise<void> {
    writtenAt = clock.now();
    written = essence(memory);
    writtenMarks = memory.markedOrigins;
    onWrite(await writeMemory(dataDir, memory));
  }

  return {
    current: () => memory,
    async note(state) {
      const markedOrigins = [...marks.list()];
      memory = { ...remember(memory, state, clock), markedOrigins };
      // A mark that is gone can wait: two control planes behind one address may differ.
      const hasNewMark = markedOrigins.some((origin) => !writtenMarks.includes(origin));
      if (hasNewMark || essence(memory) !== written || clock.now() - writtenAt >= STALE_MS) {
        await write();
      }
    },
    write,
  };
}

/**
 * What is worth a write at once, beside a new mark: all but the times, and the order, in which two
 * keys alternate.
 */
function essence(memory: Memory): string {
  const keys = memory.keys.map(({ url, fingerprint, verdict, keyId, keyName }) =>
    [url, fingerprint, verdict, keyId, keyName].join("\0"),
  );
  return JSON.stringify([keys.sort(), memory.organizations, memory.executor]);
}
