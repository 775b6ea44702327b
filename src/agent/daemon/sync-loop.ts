import type { Clock } from "../../lib/clock.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { AccessProblem } from "../../lib/files/access-problem.ts";
import type { ExecutorProcess } from "../../protocol/sync.ts";
import { hostName } from "../config/executor-name.ts";
import type { Loaded } from "../config/load-config.ts";
import type { Conditions } from "../journal/conditions.ts";
import type { Entry } from "../journal/entry.ts";
import type { Journal } from "../journal/journal.ts";
import type { OriginMarks } from "../sync/answer/origin-marks.ts";
import type { SyncOutcome } from "../sync/answer/sync-outcome.ts";
import type { SyncClient } from "../sync/sync-client.ts";
import { createDecisions, type Decisions } from "./decisions.ts";
import { createExchanges, type Exchanges } from "./exchanges.ts";
import { createMailbox } from "./mailbox.ts";
import { createHostNameWatch } from "./narration/host-name.ts";
import { exchangeEntry } from "./narration/narrate-agent.ts";
import type { NodesPart } from "./nodes-part.ts";
import { type Memory, recallKey, recallOrganization, rememberedName } from "./resources/memory.ts";
import { createMemoryKeeper, type MemoryKeeper } from "./resources/memory-keeper.ts";
import type { Folders, Generation } from "./rotation/generation.ts";
import { byId, nextDue, type Rotation, running } from "./rotation/rotation.ts";
import type { Watchdog } from "./watchdog.ts";

/** How long a refusal waits for a file that is just being written, ms. */
const REREAD_LIMIT_MS = 2500;
/** The loop turns at least this often, ms. */
const LONGEST_WAIT_MS = 60_000;
/**
 * 1,000 syncs leave about 10 KiB that only a full collection frees (npm run bench, soak), and V8
 * would run one only after weeks. A collection that also returns free memory takes about 13 ms; at
 * one sync every 5 s it comes every hour and a half.
 */
const SYNCS_PER_COLLECTION = 1000;

export interface SyncLoopDeps {
  /** What the files held at the start; anything else counts as a change. */
  readonly initial: Loaded;
  readonly createClient: (generation: Generation) => SyncClient;
  readonly journal: Journal;
  readonly conditions: Conditions;
  /** Applies the level and format of a changed configuration. */
  readonly configureJournal: (logging: Generation["config"]["logging"]) => void;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** V8's full garbage collection; does nothing if the process was started without --expose-gc. */
  readonly collectGarbage: () => void;
  /** Fixed for the life of the process. state.json is in `dataDir`. */
  readonly folders: Folders;
  readonly memory: Memory;
  /** Called when the executor was accepted: with its name if `agent.name` is not set. */
  readonly nameKept: (name: string | undefined) => void;
  /** This process; undefined if nobody knows where it runs. */
  readonly self: ExecutorProcess | undefined;
  /** Shared with the clients. */
  readonly marks: OriginMarks;
  readonly nodes: NodesPart;
}

/** What the loop needs of the agent around it. */
interface LoopSurroundings {
  readonly watchdog: Watchdog;
  /** Reads the files; resolves when a change was left with `filesChanged`, or there is none. */
  readonly rereadFiles: (signal: AbortSignal) => Promise<void>;
  /** Called after every change of the rotation, with the lines that the journal gets. */
  readonly announce: (entries: readonly Entry[]) => void;
}

type Message = { readonly kind: "files"; readonly loaded: Loaded } | { readonly kind: "retry" | "news" };

/**
 * Keeps the executor online: one loop, one request in flight at a time. A turn of the loop
 *
 * 1. applies what was left in the mailbox: changed files, retries;
 * 2. waits for the next sync or message, or runs the sync that is due;
 * 3. reads the files again before a refusal counts: they may already hold the answer;
 * 4. applies the outcome, and remembers it in state.json.
 *
 * Decisions owns the state, and only the loop changes it.
 */
export class SyncLoop {
  readonly #deps: SyncLoopDeps;
  readonly #around: LoopSurroundings;
  readonly #mailbox = createMailbox<Message>();
  readonly #memory: MemoryKeeper;
  readonly #exchanges: Exchanges;
  readonly #decisions: Decisions;
  readonly #hostNameEntries: ReturnType<typeof createHostNameWatch>;
  #retriedAt = Number.NEGATIVE_INFINITY;
  #syncs = 0;

  constructor(deps: SyncLoopDeps, around: LoopSurroundings) {
    const { clock, initial, random, self } = deps;
    this.#deps = deps;
    this.#around = around;
    this.#memory = createMemoryKeeper(deps.folders.dataDir, deps.memory, deps.marks, clock, (failure) =>
      this.#stateWritten(failure),
    );
    const recall = (fingerprint: string, url: string) =>
      recallKey(this.#memory.current(), { fingerprint, url }, clock);
    const organization = (url: string) => recallOrganization(this.#memory.current(), url);
    this.#exchanges = createExchanges(deps.createClient, organization, deps.nodes, self, clock);
    const { path } = initial;
    this.#decisions = createDecisions({ path, folders: deps.folders, clock, random, recall, self });
    this.#hostNameEntries = createHostNameWatch(path);
  }

  rotation(): Rotation {
    return this.#decisions.rotation();
  }

  /** When a retry was applied last, a moment of the clock. */
  retriedAt(): number {
    return this.#retriedAt;
  }

  /** Applies the files as they were at the start. Returns what the journal says. */
  start(): readonly Entry[] {
    this.#configureNodes(this.#deps.initial);
    return this.#decisions.applyFiles(this.#deps.initial);
  }

  /** Syncs now instead of at the planned time, over a new connection if one can be made. */
  retry(): void {
    this.#mailbox.put({ kind: "retry" });
  }

  /** Syncs now if the executor is online: there is news of a node. */
  syncSoon(): void {
    this.#mailbox.put({ kind: "news" });
  }

  /** The loop applies the change. A request that the change outdates must not hold it up. */
  filesChanged(loaded: Loaded): void {
    this.#mailbox.put({ kind: "files", loaded });
    const state = running(this.rotation());
    const inFlight = this.#exchanges.inFlight();
    if (state?.sync.kind !== "online" || state.generation.id !== inFlight) {
      this.#exchanges.abandon();
    }
  }

  /** The next key may be of another organization. */
  allowNewOrganization(): void {
    this.#exchanges.allowNewOrganization(running(this.rotation())?.generation.id ?? -1);
  }

  /** Runs until `signal` aborts; a request in flight is finished or abandoned, within a second. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#applyMessages();
      const due = nextDue(this.rotation());
      const waitMs = Math.min(LONGEST_WAIT_MS, (due?.nextAt ?? Infinity) - this.#deps.clock.now());
      this.#around.watchdog.expectTurnIn(waitMs);
      if (due === undefined || waitMs > 0) {
        await this.#mailbox.wait(waitMs, signal);
        continue;
      }
      const outcome = await this.#exchanges.attempt(due.generation, signal);
      if (outcome !== undefined) {
        await this.#conclude(due.generation, outcome, signal);
      }
    }
  }

  /** To be called once the loop has ended. */
  async close(): Promise<void> {
    const state = running(this.rotation());
    const signsOff = state?.sync.kind === "online" ? this.#exchanges.signOff(state.generation) : undefined;
    await Promise.all([this.#memory.write(), signsOff]);
    await this.#exchanges.close();
  }

  #applyMessages(): void {
    for (let message = this.#mailbox.take(); message !== undefined; message = this.#mailbox.take()) {
      if (message.kind === "retry") {
        this.#decisions.retry();
        this.#exchanges.renewConnections();
        this.#retriedAt = this.#deps.clock.now();
        this.#changed([]);
      } else if (message.kind === "files") {
        this.#applyFiles(message.loaded);
      } else if (running(this.rotation())?.sync.kind === "online") {
        this.#decisions.retry();
      }
    }
  }

  #applyFiles(loaded: Loaded): void {
    if (loaded.verdict === "usable") {
      this.#deps.configureJournal(loaded.config.logging);
    }
    this.#configureNodes(loaded);
    this.#changed(this.#decisions.applyFiles(loaded));
  }

  #configureNodes(loaded: Loaded): void {
    if (loaded.verdict === "usable") {
      this.#deps.nodes.configure(loaded.config);
    }
  }

  async #conclude(generation: Generation, outcome: SyncOutcome, signal: AbortSignal): Promise<void> {
    this.#deps.journal.write(exchangeEntry(generation, outcome));
    if (outcome.kind === "refused" || outcome.kind === "forbidden") {
      using limit = startDeadline(REREAD_LIMIT_MS, signal);
      await this.#around.rereadFiles(limit.signal);
      this.#applyMessages();
    }
    const entries = this.#decisions.applyOutcome(generation.id, outcome);
    const renamed = this.#hostNameEntries(running(this.rotation()), hostName());
    this.#changed([...entries, ...renamed]);
    const state = byId(this.rotation(), generation.id);
    if (state !== undefined) {
      await this.#memory.note(state);
      this.#deps.nameKept(rememberedName(this.#memory.current()));
    }
    this.#syncs += 1;
    if (this.#syncs % SYNCS_PER_COLLECTION === 0) {
      this.#deps.collectGarbage();
    }
  }

  #stateWritten(failure: AccessProblem | undefined): void {
    const { conditions } = this.#deps;
    if (failure === undefined) {
      conditions.end("state");
      return;
    }
    const { problem, fix } = failure;
    conditions.begin("state", {
      event: "state.unwritable",
      message: `${problem}. The agent works, but after a restart it does not remember earlier keys, nor its name if agent.name is not set. Fix: ${fix}`,
    });
  }

  #changed(entries: readonly Entry[]): void {
    this.#exchanges.keepOnly(this.rotation());
    this.#around.announce(entries);
  }
}
