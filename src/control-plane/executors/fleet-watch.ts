import type { DamageLog } from "../log/damage-log.ts";
import type { Logger } from "../log/logger.ts";
import type { Store } from "../store/contract/store.ts";
import { StoreUnavailable } from "../store/contract/store.ts";
import { type ActivityWriter, moved } from "./activity-writer.ts";
import { SyncPace } from "./pace/sync-pace.ts";
import { Presence } from "./presence/presence.ts";
import { ImmediatePresenceLog } from "./presence/presence-log.ts";
import { SharedPresenceLog } from "./presence/shared-presence-log.ts";
import { recentExecutors } from "./recent-executors.ts";

/** How often it is noted which executors fell silent while nobody watched them, ms. */
const UNWATCHED_MS = 60_000;
/** How often the processes that sync elsewhere are looked up, ms. */
const ELSEWHERE_MS = 5000;

interface FleetWatchDeps {
  readonly store: Store;
  readonly activityWriter: ActivityWriter;
  readonly logger: Logger;
  readonly damages: DamageLog;
  readonly heartbeatTimeoutMs: number;
  readonly maxSyncsPerSecond: number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly monotonicNow: () => number;
}

/** Watches who comes and who falls silent, and how large the fleet is. */
export class FleetWatch {
  readonly pace: SyncPace;
  readonly presence: Presence;
  private readonly deps: FleetWatchDeps;
  /** Undefined: no other control plane uses the database. */
  private readonly shared: SharedPresenceLog | undefined;
  private unwatchedAt: number;
  private elsewhereAt: number;

  constructor(deps: FleetWatchDeps) {
    const { store, activityWriter, logger, monotonicNow } = deps;
    this.deps = deps;
    this.pace = new SyncPace(deps);
    const log = new ImmediatePresenceLog(logger, (executorId, transition) =>
      activityWriter.note(moved(executorId, transition)),
    );
    this.shared = store.isShared ? new SharedPresenceLog(log, store.executors, monotonicNow) : undefined;
    this.presence = new Presence(this.pace, logger, monotonicNow, this.shared ?? log);
    this.unwatchedAt = monotonicNow();
    this.elsewhereAt = monotonicNow();
  }

  /** So that the silence of those that synced with the process before this one is noticed. */
  async begin(): Promise<void> {
    const { store, damages, now } = this.deps;
    const startedAt = now();
    const executors = await recentExecutors(store, this.pace, startedAt, damages);
    await store.record([{ kind: "started", before: startedAt - this.pace.timeoutMs }]);
    this.presence.expect(executors, startedAt);
  }

  /** Is called about every second. */
  async turn(): Promise<void> {
    const { presence, pace, shared } = this;
    const { monotonicNow } = this.deps;
    presence.sweep();
    pace.follow(presence.count, monotonicNow());
    if (shared === undefined) {
      return;
    }
    try {
      await shared.settle();
      if (monotonicNow() - this.elsewhereAt >= ELSEWHERE_MS) {
        this.elsewhereAt = monotonicNow();
        await this.lookElsewhere();
      }
      if (monotonicNow() - this.unwatchedAt >= UNWATCHED_MS) {
        this.unwatchedAt = monotonicNow();
        await this.noteUnwatched();
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) {
        throw error;
      }
    }
  }

  /** Two processes of one executor may sync with two control planes. */
  private async lookElsewhere(): Promise<void> {
    const sinceMs = this.deps.now() - this.pace.timeoutMs;
    this.presence.heardElsewhere(await this.deps.store.executors.lastTwoInstances(sinceMs));
  }

  /** Executors that fell silent together with the control plane that they synced with. */
  private async noteUnwatched(): Promise<void> {
    const { store, now } = this.deps;
    await store.record([{ kind: "started", before: now() - this.pace.timeoutMs - UNWATCHED_MS }]);
  }
}
