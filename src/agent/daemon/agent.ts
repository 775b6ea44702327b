import { untilAborted } from "../../lib/deadline.ts";
import { delayAfter } from "../../lib/delay.ts";
import type { Notifier } from "../../lib/systemd/notifier.ts";
import { runTasks } from "../../lib/tasks.ts";
import { WaitList } from "../../lib/wait-list.ts";
import type { Loaded } from "../config/load-config.ts";
import { withLines } from "../config/setting-lines.ts";
import type { Entry } from "../journal/entry.ts";
import { lastingEntries } from "./narration/lasting.ts";
import { startEntry } from "./narration/narrate-agent.ts";
import type { NodeAnswer } from "./nodes-part.ts";
import type { Generation } from "./rotation/generation.ts";
import { candidate, running } from "./rotation/rotation.ts";
import type { Condition } from "./status/condition.ts";
import type { NodesStatus } from "./status/nodes-status.ts";
import { describeState, systemdStatus } from "./status/state-words.ts";
import { type AgentStatus, agentStatus } from "./status/status.ts";
import { SyncLoop, type SyncLoopDeps } from "./sync-loop.ts";
import { ConfigWatcher, WATCH_CADENCE } from "./watch/watch-config.ts";
import { Watchdog } from "./watchdog.ts";

/** systemd must see the end of a reload within 10 s, even if the sync takes longer. */
const RELOAD_LIMIT_MS = 9000;
/** A stop takes no longer, ms, even if a file hangs or systemd does not listen. */
const STOP_LIMIT_MS = 1800;
/** A first sync that is further away is announced, ms. */
const ANNOUNCED_WAIT_MS = 1000;
const STOPPED = "Stopped, because systemd or a person ended it. The nodes keep running.";

interface AgentDeps extends SyncLoopDeps {
  /** Reads the files; returns `known` itself if that is what they still hold. */
  readonly load: (known: Loaded) => Promise<Loaded>;
  readonly notifier: Notifier;
}

/** The running agent, as its command and its control socket use it. */
export interface Agent {
  /** Runs until `signal` aborts; a request in flight is finished or abandoned, within 2 s. */
  run(signal: AbortSignal): Promise<void>;
  status(): AgentStatus;
  /** Syncs now instead of at the planned time. Resolves with the result, within 9 s. */
  retry(): Promise<AgentStatus>;
  /** Reads the files now (SIGHUP). Resolves when what they say was tried, within 9 s. */
  reload(): Promise<AgentStatus>;
  /** The next key may be of another organization (`set-key --new-organization`). */
  allowNewOrganization(): void;
  nodes(): NodesStatus;
  /** What became of a request about a node, such as `nodes logs`. */
  nodeLogs(name: string, role: string | undefined, lines: number): Promise<NodeAnswer>;
  forgetNode(name: string): Promise<NodeAnswer>;
  nodePurged(name: string): Promise<NodeAnswer>;
  /** Resolves when `predicate` holds, or with the last status when `signal` aborts. */
  until(predicate: (status: AgentStatus) => boolean, signal: AbortSignal): Promise<AgentStatus>;
}

export function createAgent(deps: AgentDeps): Agent {
  return new Daemon(deps);
}

/**
 * The daemon. Its duties, beside the sync loop's:
 *
 * - run the watcher of the files, which hands every change to the loop, and systemd's watchdog;
 * - announce every change: to the journal, to systemd, to those who wait for a status;
 * - answer what the command line asks over the control socket;
 * - stop within 2 s, whatever hangs.
 */
class Daemon implements Agent {
  readonly #deps: AgentDeps;
  readonly #startedAt: number;
  readonly #loop: SyncLoop;
  readonly #watcher: ConfigWatcher;
  readonly #watchdog: Watchdog;
  /** Woken after every change of the state. */
  readonly #changes = new WaitList();

  constructor(deps: AgentDeps) {
    const { load, initial, clock, journal } = deps;
    this.#deps = deps;
    this.#startedAt = clock.now();
    this.#watchdog = new Watchdog(deps.notifier, clock);
    this.#loop = new SyncLoop(deps, {
      watchdog: this.#watchdog,
      rereadFiles: (signal) => this.#watcher.settled(signal),
      announce: (entries) => this.#announce(entries),
    });
    this.#watcher = new ConfigWatcher({
      load,
      initial,
      clock,
      cadence: WATCH_CADENCE,
      deliver: (loaded) => this.#loop.filesChanged(loaded),
      onDegraded: (reason) =>
        journal.write({
          event: "watch.degraded",
          message: `The system does not report file changes (${reason}). Looking at the files every second.`,
        }),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { journal, notifier, initial } = this.#deps;
    const entries = this.#loop.start();
    journal.write(startEntry(initial, this.#firstSyncNote()));
    this.#announce(entries);
    notifier.ready(this.#systemdStatus());
    signal.addEventListener("abort", () => notifier.stopping(STOPPED), { once: true });
    await Promise.race([this.#work(signal), delayAfter(signal, STOP_LIMIT_MS)]);
    journal.write({
      event: "agent.stopped",
      message: STOPPED,
    });
  }

  status(): AgentStatus {
    const { initial, folders, clock, self } = this.#deps;
    const { dataDir } = folders;
    const { path } = initial;
    const { pid } = process;
    const rotation = this.#loop.rotation();
    const nodes = withPlaces(this.#deps.nodes.status(), running(rotation)?.generation);
    const lasting = lastingEntries(rotation, { path, folders });
    return agentStatus(rotation, {
      configPath: path,
      dataDir,
      startedAt: this.#startedAt,
      pid,
      self,
      clock,
      nodes,
      conditions: [...this.#deps.conditions.list(), ...lasting],
    });
  }

  async retry(): Promise<AgentStatus> {
    await this.#tried(AbortSignal.timeout(RELOAD_LIMIT_MS));
    return this.status();
  }

  async reload(): Promise<AgentStatus> {
    const { journal, notifier } = this.#deps;
    journal.write({
      event: "reload.requested",
      message: "Reading the files and syncing now.",
    });
    notifier.reloading();
    const limit = AbortSignal.timeout(RELOAD_LIMIT_MS);
    await untilAborted(this.#watcher.readNow(), limit);
    await this.#tried(limit);
    notifier.ready(this.#systemdStatus());
    return this.status();
  }

  allowNewOrganization(): void {
    this.#loop.allowNewOrganization();
  }

  nodes(): NodesStatus {
    return this.#deps.nodes.status();
  }

  nodeLogs(name: string, role: string | undefined, lines: number): Promise<NodeAnswer> {
    return this.#deps.nodes.logs(name, role, lines);
  }

  forgetNode(name: string): Promise<NodeAnswer> {
    return this.#deps.nodes.forget(name);
  }

  nodePurged(name: string): Promise<NodeAnswer> {
    return this.#deps.nodes.purged(name);
  }

  async until(predicate: (status: AgentStatus) => boolean, signal: AbortSignal): Promise<AgentStatus> {
    await this.#changes.until(() => predicate(this.status()), signal);
    return this.status();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const parts = [this.#loop, this.#watcher, this.#watchdog];
    const { nodes } = this.#deps;
    await runTasks(
      [
        ...parts.map((part) => (end: AbortSignal) => part.run(end)),
        (end: AbortSignal) => nodes.run(end, () => this.#nodesChanged()),
      ],
      signal,
    );
    await Promise.all([this.#loop.close(), this.#deps.notifier.flushed()]);
  }

  #announce(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#deps.journal.write(entry);
    }
    this.#deps.notifier.status(this.#systemdStatus());
    this.#changes.wake();
  }

  #nodesChanged(): void {
    this.#loop.syncSoon();
    this.#announce([]);
  }

  #systemdStatus(): string {
    return systemdStatus(this.#loop.rotation(), this.#deps.nodes.status(), this.#deps.self, this.#deps.clock);
  }

  /** While a restarted fleet spreads its first syncs, the journal would say nothing for seconds. */
  #firstSyncNote(): string {
    const { clock } = this.#deps;
    const rotation = this.#loop.rotation();
    const waits = (running(rotation)?.nextAt ?? 0) - clock.now() > ANNOUNCED_WAIT_MS;
    return waits ? ` ${describeState(rotation, clock)}` : "";
  }

  async #tried(limit: AbortSignal): Promise<void> {
    const at = this.#deps.clock.now();
    this.#loop.retry();
    await this.#changes.until(() => this.#isTriedSince(at), limit);
  }

  /**
   * True once, both since `at`, a retry was applied and the control plane asked about the files.
   */
  #isTriedSince(at: number): boolean {
    const rotation = this.#loop.rotation();
    const waiting = candidate(rotation) ?? running(rotation);
    return this.#loop.retriedAt() >= at && (waiting === undefined || (waiting.attemptedAt ?? 0) >= at);
  }
}

/** With the lines of the settings that its conditions name. */
function withPlaces(nodes: NodesStatus, generation: Generation | undefined): NodesStatus {
  const { lines = new Map(), file = "" } = generation ?? {};
  const placed = ({ message, ...rest }: Condition) => ({ ...rest, message: withLines(message, lines, file) });
  return { ...nodes, conditions: nodes.conditions.map(placed) };
}
