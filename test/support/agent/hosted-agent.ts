import { onTestFinished } from "vitest";
import type { Loaded } from "../../../src/agent/config/load-config.ts";
import { createAgent } from "../../../src/agent/daemon/agent.ts";
import { type NodesPart, WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import { readMemory } from "../../../src/agent/daemon/resources/memory.ts";
import type { Generation } from "../../../src/agent/daemon/rotation/generation.ts";
import { Conditions } from "../../../src/agent/journal/conditions.ts";
import { createJournal } from "../../../src/agent/journal/journal.ts";
import { OriginMarks } from "../../../src/agent/sync/answer/origin-marks.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { SyncClient } from "../../../src/agent/sync/sync-client.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import type { Notifier } from "../../../src/lib/systemd/notifier.ts";
import { tempDir } from "../temp-dir.ts";
import { pass, useFakeTime } from "./fake-time.ts";
import { seededRandom } from "./simulation.ts";

/** What an agent in this process has instead of its files and its network. */
export interface Surroundings {
  readonly initial: Loaded;
  readonly load: (known: Loaded) => Promise<Loaded>;
  readonly createClient: (generation: Generation, marks: OriginMarks) => SyncClient;
  readonly dataDir?: string;
  readonly watchdogIntervalMs?: number;
  readonly nodes?: NodesPart;
  readonly nameKept?: (name: string | undefined) => void;
  readonly collectGarbage?: () => void;
}

const JOURNAL = { level: "info", format: "journal" } as const;
/** Longer than a stop may take, ms. */
const STOP_MS = 2500;

/**
 * Runs the whole agent in this process, on fake time: the loop, the watcher, the watchdog, and
 * state.json in a real folder. It ends with the test.
 */
export async function runAgent(surroundings: Surroundings) {
  useFakeTime();
  const { initial, load, createClient, watchdogIntervalMs, nodes = WITHOUT_NODES } = surroundings;
  const { nameKept = () => {}, collectGarbage = () => {} } = surroundings;
  const clock: Clock = { now: () => Date.now(), wall: (at) => at, fromWall: (at) => at };
  const lines: string[] = [];
  const notified: string[] = [];
  const dataDir = surroundings.dataDir ?? tempDir();
  const memory = await readMemory(dataDir);
  const marks = new OriginMarks(memory.markedOrigins);
  const journal = createJournal({ write: (line: string) => void lines.push(line) }, JOURNAL, clock.now);
  const agent = createAgent({
    initial,
    load,
    nameKept,
    createClient: (generation) => createClient(generation, marks),
    journal,
    conditions: new Conditions((entry) => journal.write(entry)),
    configureJournal: ({ level }) => journal.configure({ ...JOURNAL, level }),
    notifier: notifierInto(notified, watchdogIntervalMs),
    clock,
    random: seededRandom(1),
    collectGarbage,
    folders: { dataDir, runtimeDir: dataDir },
    memory,
    marks,
    nodes,
    self: undefined,
  });
  const end = new AbortController();
  const running = agent.run(end.signal);
  onTestFinished(async () => {
    end.abort();
    await pass(STOP_MS);
    await running;
  });
  return { agent, lines, notified, dataDir, end, running };
}

/** A sync that the test answers; undefined: it was given up. */
export type Asked = (fingerprint: string, signal: AbortSignal) => Promise<SyncOutcome | undefined>;

interface HostedAgentOptions extends Omit<Surroundings, "initial" | "load" | "createClient"> {
  readonly file: Loaded;
  readonly asked: Asked;
}

/**
 * An agent whose files and answers are what the test says. No file is watched: a change is found by
 * the reading that comes every half minute.
 */
export async function hostAgent({ file, asked, ...rest }: HostedAgentOptions) {
  const state = { file, asked, load: async () => {} };
  const syncs: HostedSync[] = [];
  /** What the clients were asked beside syncs, such as `renew 3fa9c1d2`. */
  const asks: string[] = [];
  let loads = 0;
  const ran = await runAgent({
    ...rest,
    initial: unwatched(file),
    async load(known) {
      loads += 1;
      const found = unwatched(state.file);
      await state.load();
      return found.digest === known.digest ? known : found;
    },
    createClient: ({ key: { fingerprint } }) =>
      clientOf(fingerprint, asks, async ({ expectedOrganizationId }, signal) => {
        syncs.push({ fingerprint, at: Date.now(), expectedOrganizationId });
        return state.asked(fingerprint, signal);
      }),
  });
  return { ...ran, state, syncs, asks, loads: () => loads };
}

interface HostedSync {
  readonly fingerprint: string;
  readonly at: number;
  readonly expectedOrganizationId: string | undefined;
}

export type HostedAgent = Awaited<ReturnType<typeof hostAgent>>;

function unwatched(file: Loaded): Loaded {
  return { ...file, files: [] };
}

function clientOf(fingerprint: string, asks: string[], sync: SyncClient["sync"]): SyncClient {
  const note = (what: string) => void asks.push(`${what} ${fingerprint}`);
  return {
    sync,
    currentKey: async () => undefined,
    signOff: async () => void note("sign off"),
    certificate: () => undefined,
    renewConnection: () => note("renew"),
    close: async () => note("close"),
  };
}

function notifierInto(said: string[], watchdogIntervalMs: number | undefined): Notifier {
  return {
    ready: () => void said.push("ready"),
    status: (text) => void said.push(text),
    reloading: () => void said.push("reloading"),
    stopping: () => void said.push("stopping"),
    extendStop: () => void said.push("extend"),
    watchdog: () => void said.push("watchdog"),
    watchdogIntervalMs,
    flushed: async () => {},
  };
}

/** An answer that never comes; the sync ends when it is given up. */
export function never(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
