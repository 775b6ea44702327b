import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import type { Logger } from "../../log/logger.ts";
import type { NewTransition } from "../../store/contract/executors.ts";
import type { ExecutorReference } from "../../store/contract/references.ts";
import type { ExecutorInstance } from "./duplicates.ts";

export interface Arrival {
  readonly executor: ExecutorReference;
  readonly instance: ExecutorInstance;
  /** The sync created the executor. */
  readonly isNew: boolean;
}

export interface Departure {
  readonly executor: ExecutorReference;
  /** Epoch ms. */
  readonly lastSyncAt: number;
  /** The greatest so far, epoch ms: later than the last one if the clock was set back since. */
  readonly latestSyncAt: number;
  /** When its only process signed off, epoch ms; null: it fell silent. */
  readonly stoppedAt: number | null;
  /** How long it was awaited, ms. */
  readonly timeoutMs: number;
}

/** Is told which executors come to this process, and which go. */
export interface PresenceLog {
  arrived(arrival: Arrival): void;
  departed(departure: Departure): void;
}

/** Logs each at once, and notes it for the executor's timeline. */
export class ImmediatePresenceLog implements PresenceLog {
  private readonly logger: Logger;
  private readonly note: (executorId: string, transition: NewTransition) => void;

  constructor(logger: Logger, note: (executorId: string, transition: NewTransition) => void) {
    this.logger = logger;
    this.note = note;
  }

  arrived({ executor, instance, isNew }: Arrival): void {
    const { lastSyncAt: at, address } = instance;
    this.note(executor.id, { kind: "online", at, cause: null, address });
    this.logger.info(
      {
        event: isNew ? "executor.connected" : "executor.reconnected",
        executorId: executor.id,
        executor: printable(executor.name),
        hostName: printable(instance.hostName),
        address: instance.address,
      },
      `Executor ${printable(executor.name)} ${isNew ? "is online for the first time" : "is online again"}, from host ${printable(instance.hostName)} (${instance.address ?? "address unknown"}).`,
    );
  }

  departed({ executor, lastSyncAt, stoppedAt, timeoutMs }: Departure): void {
    const cause = stoppedAt === null ? "silent" : "stopped";
    this.note(executor.id, { kind: "offline", at: stoppedAt ?? lastSyncAt, cause, address: null });
    this.logger.warn(
      {
        event: "executor.disconnected",
        executorId: executor.id,
        executor: printable(executor.name),
        lastSyncAt,
        ...(stoppedAt !== null && { stoppedAt }),
      },
      `Executor ${printable(executor.name)} is offline: ${stoppedAt === null ? `it has not synced for ${duration(timeoutMs)}` : "its agent was stopped"}. Its nodes are left alone.`,
    );
  }
}
