import type { Clock } from "../../lib/clock.ts";
import { delay, delayAfter } from "../../lib/delay.ts";
import { runTasks } from "../../lib/tasks.ts";
import type { Loaded } from "../config/load-config.ts";
import type { Entry } from "../journal/entry.ts";
import type { Journal } from "../journal/journal.ts";
import { untilAborted } from "../sync/network/deadline.ts";
import type { SyncClient } from "../sync/sync-client.ts";
import type { Notifier } from "../systemd/notifier.ts";
import { createDecisions } from "./decisions.ts";
import { createExchanges } from "./exchanges.ts";
import { createMailbox } from "./mailbox.ts";
import { exchangeEntry, startEntry } from "./narration/narrate-agent.ts";
import { type Memory, recallKey, recallOrganization } from "./resources/memory.ts";
import { createMemoryKeeper } from "./resources/memory-keeper.ts";
import type { Generation } from "./rotation/generation.ts";
import type { GenerationState } from "./rotation/generation-state.ts";
import { candidate, nextDue, running } from "./rotation/rotation.ts";
import { createObservers } from "./status/observers.ts";
import { type AgentStatus, agentStatus, describeState, systemdStatus } from "./status/status.ts";
import { createConfigWatcher } from "./watch/watch-config.ts";

/** How long a refusal waits for a file that is just being written, ms. */
const REREAD_LIMIT_MS = 2500;
/** systemd must see the end of a reload within 10 s, whatever the probe does. */
const RELOAD_LIMIT_MS = 9000;
/** A stop takes no longer, whatever hangs: a file, a systemd that does not listen. */
const STOP_LIMIT_MS = 1800;
/** The loop turns at least this often, ms; the watchdog is fed for as long as it does. */
const LONGEST_WAIT_MS = 60_000;
const OVERDUE_MS = 30_000;
/**
 * So many syncs leave about 10 KiB that only a full collection takes (npm run bench, soak), and V8 would make one in
 * weeks. One that also gives back what the heap has free takes some 13 ms, each hour and a half at 5 s.
 */
const SYNCS_PER_COLLECTION = 1000;
/** A first sync that is further away is announced. */
const WORTH_A_WORD_MS = 1000;

export interface AgentDeps {
  /** What the files held at the start; anything else counts as a change. */
  readonly initial: Loaded;
  /** What the files hold now; `known` itself where that is what they hold. */
  readonly load: (known: Loaded) => Promise<Loaded>;
  readonly createClient: (generation: Generation) => SyncClient;
  readonly journal: Journal;
  /** Takes level and format of a changed configuration. */
  readonly configureJournal: (logging: Generation["config"]["logging"]) => void;
  readonly notifier: Notifier;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** V8's full collection of garbage; does nothing where the process was started without --expose-gc. */
  readonly collectGarbage: () => void;
  /** Where state.json is; fixed for the life of the process, like everything that needs a restart. */
  readonly dataDir: string;
  readonly memory: Memory;
}

/** The daemon: one loop, one request in flight at a time; everything else leaves it messages. */
export interface Agent {
  /** Runs until `signal` aborts; an exchange in flight is finished or abandoned, within 2 s. */
  run(signal: AbortSignal): Promise<void>;
  status(): AgentStatus;
  /** Whatever waits is tried at once. */
  retry(): void;
  /** Reads the files now (SIGHUP). Resolves when what they say has been decided, after 9 s at the latest. */
  reload(): Promise<AgentStatus>;
  /** The next key may be of another organization (`set-key --new-organization`). */
  allowNewOrganization(): void;
  /** Resolves when `predicate` holds of the status, or with the last status when `signal` aborts. */
  until(predicate: (status: AgentStatus) => boolean, signal: AbortSignal): Promise<AgentStatus>;
}

type Message =
  | { readonly kind: "files"; readonly loaded: Loaded }
  | { readonly kind: "retry"; readonly onHandled?: () => void };

export function createAgent(deps: AgentDeps): Agent {
  const { journal, notifier, clock, initial } = deps;
  const startedAt = clock.now();
  const mailbox = createMailbox<Message>();
  const observers = createObservers();
  const keeper = createMemoryKeeper(deps.dataDir, deps.memory, clock, (reason) =>
    journal.write({ event: "state.unwritable", message: `${reason}. The agent goes on without its memory.` }),
  );
  const exchanges = createExchanges(
    deps.createClient,
    (url) => recallOrganization(keeper.current(), url),
    clock,
  );
  const decisions = createDecisions({
    path: initial.path,
    clock,
    random: deps.random,
    recall: (fingerprint, url) => recallKey(keeper.current(), { fingerprint, url }, clock),
  });
  const watcher = createConfigWatcher({
    load: deps.load,
    deliver(loaded) {
      mailbox.put({ kind: "files", loaded });
      if (!mayFinish(exchanges.inFlight())) {
        exchanges.abandon();
      }
    },
    initial,
    clock,
    onDegraded: (reason) =>
      journal.write({ event: "watch.degraded", message: `No file notifications: ${reason}` }),
  });
  let syncs = 0;
  let turnDueBy = Number.POSITIVE_INFINITY;

  /** After every change: the journal, what systemd shows, whose connections are left, who waits. */
  function announce(entries: readonly Entry[]): void {
    for (const entry of entries) {
      journal.write(entry);
    }
    exchanges.keepOnly(decisions.rotation());
    notifier.status(systemdStatus(decisions.rotation(), clock));
    observers.notify();
  }

  /** A running executor's sync is not cut off by a change of the file; a probe, or a sync of one that is not online, is. */
  function mayFinish(generationId: number | undefined): boolean {
    const state = running(decisions.rotation());
    return state?.generation.id === generationId && state?.sync.kind === "online";
  }

  function handleMessages(): void {
    for (let message = mailbox.take(); message !== undefined; message = mailbox.take()) {
      if (message.kind === "retry") {
        decisions.retry();
        message.onHandled?.();
        announce([]);
      } else {
        if (message.loaded.verdict === "usable") {
          deps.configureJournal(message.loaded.config.logging);
        }
        announce(decisions.takeFiles(message.loaded));
      }
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      handleMessages();
      const due = nextDue(decisions.rotation());
      const waitMs = Math.min(LONGEST_WAIT_MS, (due?.nextAt ?? Number.POSITIVE_INFINITY) - clock.now());
      turnDueBy = clock.now() + Math.max(0, waitMs) + OVERDUE_MS;
      if (due === undefined || waitMs > 0) {
        await mailbox.wait(waitMs, signal);
      } else {
        await sync(due, signal);
      }
    }
  }

  async function sync({ generation }: GenerationState, signal: AbortSignal): Promise<void> {
    const outcome = await exchanges.attempt(generation, signal);
    if (outcome === undefined) {
      return;
    }
    journal.write(exchangeEntry(generation, outcome));
    if (outcome.kind === "refused" || outcome.kind === "forbidden") {
      // Before a refusal counts, the file may already hold the answer.
      await watcher.settled(AbortSignal.any([signal, AbortSignal.timeout(REREAD_LIMIT_MS)]));
      handleMessages();
    }
    announce(decisions.takeOutcome(generation.id, outcome));
    const { wanted, proven } = decisions.rotation();
    const after = [wanted, proven].find((state) => state?.generation.id === generation.id);
    if (after !== undefined) {
      await keeper.note(after);
    }
    syncs += 1;
    if (syncs % SYNCS_PER_COLLECTION === 0) {
      deps.collectGarbage();
    }
  }

  /** WATCHDOG=1 for as long as the loop turns, whatever the network does. */
  async function feedWatchdog(signal: AbortSignal): Promise<void> {
    const { watchdogIntervalMs } = notifier;
    while (!signal.aborted) {
      await delay(watchdogIntervalMs ?? LONGEST_WAIT_MS, signal);
      const turns = clock.now() < turnDueBy && !signal.aborted;
      if (watchdogIntervalMs !== undefined && turns) {
        notifier.watchdog();
      }
    }
  }

  async function workUntil(signal: AbortSignal): Promise<void> {
    await runTasks([loop, watcher.run, feedWatchdog], signal);
    await keeper.write();
    await Promise.all([exchanges.close(), notifier.flushed()]);
  }

  function status(): AgentStatus {
    const { pid } = process;
    const { dataDir } = deps;
    return agentStatus(decisions.rotation(), { configPath: initial.path, dataDir, startedAt, pid, clock });
  }

  /** Where a restarted fleet is spread, nothing else would happen in the journal for seconds. */
  function firstSyncNote(): string {
    const waits = (running(decisions.rotation())?.nextAt ?? 0) - clock.now() > WORTH_A_WORD_MS;
    return waits ? ` ${describeState(decisions.rotation(), clock)}` : "";
  }

  /** The control plane has been asked about what the files say, since `at`. */
  function isDecidedSince(at: number): boolean {
    const waiting = candidate(decisions.rotation()) ?? running(decisions.rotation());
    return waiting === undefined || (waiting.attemptedAt ?? 0) >= at;
  }

  return {
    async run(signal) {
      const entries = decisions.takeFiles(initial);
      journal.write(startEntry(initial, firstSyncNote()));
      announce(entries);
      notifier.ready(systemdStatus(decisions.rotation(), clock));
      signal.addEventListener("abort", () => notifier.stopping(), { once: true });
      await Promise.race([workUntil(signal), delayAfter(signal, STOP_LIMIT_MS)]);
      journal.write({ event: "agent.stopped", message: "Stopped as asked. The nodes keep running." });
    },
    status,
    retry: () => mailbox.put({ kind: "retry" }),
    async reload() {
      journal.write({
        event: "reload.requested",
        message: "Reading the files again and trying whatever waits.",
      });
      notifier.reloading();
      const limit = AbortSignal.timeout(RELOAD_LIMIT_MS);
      await untilAborted(watcher.readNow(), limit);
      const at = clock.now();
      let isHandled = false;
      mailbox.put({
        kind: "retry",
        onHandled() {
          isHandled = true;
        },
      });
      await observers.until(() => isHandled && isDecidedSince(at), limit);
      notifier.ready(systemdStatus(decisions.rotation(), clock));
      return status();
    },
    allowNewOrganization: () =>
      exchanges.allowNewOrganization(running(decisions.rotation())?.generation.id ?? -1),
    async until(predicate, signal) {
      await observers.until(() => predicate(status()), signal);
      return status();
    },
  };
}
