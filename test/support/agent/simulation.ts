import type { Loaded } from "../../../src/agent/config/load-config.ts";
import { createDecisions } from "../../../src/agent/daemon/decisions.ts";
import type { GenerationState, KeyMemory } from "../../../src/agent/daemon/rotation/generation-state.ts";
import { nextDue } from "../../../src/agent/daemon/rotation/rotation.ts";
import { NO_NODES_STATUS } from "../../../src/agent/daemon/status/nodes-status.ts";
import { type AgentStatus, agentStatus } from "../../../src/agent/daemon/status/status.ts";
import type { Entry } from "../../../src/agent/journal/entry.ts";
import { EVENTS, type EventName } from "../../../src/agent/journal/events.ts";
import { createJournal } from "../../../src/agent/journal/journal.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import type { ExecutorProcess } from "../../../src/protocol/sync.ts";
import { PATH } from "./loaded.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How long an exchange takes, in virtual ms. */
const EXCHANGE_MS = 40;
const START_MS = Date.UTC(2026, 5, 1, 12);

export interface Said extends Entry {
  readonly atMs: number;
}

export interface SimulationOptions {
  readonly file: Loaded;
  /** The scripted control plane: its answer to this session at this time after the start. */
  readonly answer: (state: GenerationState, atMs: number) => SyncOutcome;
  readonly seed?: number;
  /** The state of an earlier process. Times are epoch ms. */
  readonly recall?: (fingerprint: string) => KeyMemory | undefined;
  /** Where the agent says that it runs. */
  readonly self?: ExecutorProcess;
}

export interface Simulation {
  /** Lets `ms` of virtual time pass, and runs every sync that is due. */
  run(ms: number): void;
  change(file: Loaded): void;
  retry(): void;
  /** Sets the wall clock, as an administrator or NTP would. */
  stepWallClock(ms: number): void;
  status(): AgentStatus;
  /** Milliseconds since the start. */
  elapsedMs(): number;
  wallMs(): number;
  /** Every line, before the journal's flood limit. */
  readonly said: readonly Said[];
  /** The lines that reached the journal, at level info and above. */
  readonly lines: readonly string[];
  /** When each exchange began, ms since the start, and with which key. */
  readonly exchanges: readonly { readonly atMs: number; readonly fingerprint: string }[];
}

/**
 * The agent's core on a virtual clock. Ten hours take a moment, and the same seed gives the same
 * hours.
 */
export function simulate({
  file,
  answer,
  seed = 1,
  recall = () => undefined,
  self,
}: SimulationOptions): Simulation {
  let now = START_MS;
  let wallOffset = 0;
  const clock: Clock = {
    now: () => now,
    wall: (at) => at + wallOffset,
    fromWall: (at) => at - wallOffset,
  };
  const decisions = createDecisions({
    path: PATH,
    folders: { dataDir: "/var/lib/novacula", runtimeDir: "/run/novacula" },
    clock,
    random: seededRandom(seed),
    recall,
    self,
  });
  const said: Said[] = [];
  const lines: string[] = [];
  const exchanges: { atMs: number; fingerprint: string }[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const journal = createJournal(output, { level: "info", format: "journal" }, clock.now);

  function say(entries: readonly Entry[]): void {
    for (const entry of entries) {
      said.push({ ...entry, atMs: now - START_MS });
      journal.write(entry);
    }
  }

  say(decisions.applyFiles(file));
  return {
    run(ms) {
      const end = now + ms;
      for (let due = nextDue(decisions.rotation()); due !== undefined && due.nextAt < end; ) {
        now = Math.max(now, due.nextAt);
        exchanges.push({ atMs: now - START_MS, fingerprint: due.generation.key.fingerprint });
        const outcome = answer(due, now - START_MS);
        now += EXCHANGE_MS;
        say(decisions.applyOutcome(due.generation.id, outcome));
        due = nextDue(decisions.rotation());
      }
      now = Math.max(now, end);
    },
    change: (changed) => say(decisions.applyFiles(changed)),
    retry: () => decisions.retry(),
    stepWallClock(ms) {
      wallOffset += ms;
    },
    status: () =>
      agentStatus(decisions.rotation(), {
        configPath: PATH,
        nodes: NO_NODES_STATUS,
        conditions: [],
        dataDir: "/var/lib/novacula",
        startedAt: START_MS,
        pid: 1,
        clock,
        self,
      }),
    elapsedMs: () => now - START_MS,
    wallMs: () => now + wallOffset,
    said,
    lines,
    exchanges,
  };
}

/** How often each event was logged. */
export function counts(said: readonly Said[]): Partial<Record<EventName, number>> {
  const result: Partial<Record<EventName, number>> = {};
  for (const { event } of said) {
    if (EVENTS[event].level !== "debug") {
      result[event] = (result[event] ?? 0) + 1;
    }
  }
  return result;
}

/** mulberry32, a small generator with the same numbers on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
