import type { Activity, ActivityRecorder } from "../../contract/activity.ts";
import type { KeptConnection } from "../connection/kept-connection.ts";
import { WRITE_LOCK } from "../connection/locks.ts";
import { commit } from "../connection/statements.ts";
import { LockConflict } from "../connection/store-error.ts";
import { PostgresActivityRecorder } from "./activity.ts";
import { RecentUses } from "./recent-uses.ts";

/**
 * Heartbeats and last uses may lose a second if the server fails. The lock keeps a flush and the
 * changes of people apart, which would otherwise wait for each other's rows. Flushes of several
 * control planes share it if they are of syncs alone, whose rows are written in one order.
 */
const begin = (isShared: boolean) => `begin; set local synchronous_commit = off;
  select pg_advisory_xact_lock${isShared ? "_shared" : ""}(${WRITE_LOCK})`;

/** Writes activities on a connection of their own, all of a call in one transaction. */
export class PostgresWriteBehind implements ActivityRecorder {
  private readonly connection: KeptConnection;
  private readonly recent = new RecentUses();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(connection: KeptConnection) {
    this.connection = connection;
  }

  async record(activities: readonly Activity[]): Promise<void> {
    const result = this.tail.then(() => this.writeOrRetry(activities));
    this.tail = Promise.allSettled([result]);
    await result;
  }

  async finished(): Promise<void> {
    await this.tail;
  }

  private remember(activities: readonly Activity[]): void {
    for (const activity of activities) {
      if (activity.kind === "synced") {
        this.recent.note(activity.executorId, { keyId: activity.key.id, at: activity.at });
      } else if (activity.kind === "key-used") {
        this.recent.note(activity.keyId, activity);
      }
    }
  }

  private async writeOrRetry(activities: readonly Activity[]): Promise<void> {
    try {
      await this.write(activities);
    } catch (error) {
      if (!(error instanceof LockConflict)) {
        throw error;
      }
      await this.write(activities);
    }
  }

  private async write(activities: readonly Activity[]): Promise<void> {
    const session = await this.connection.session();
    this.recent.begin(session.number);
    const isShared = activities.every(({ kind }) => kind === "synced" || kind === "key-used");
    // Sent at once, without a round trip between them. After one that fails, none has an effect.
    const outcomes = await Promise.allSettled([
      session.query(begin(isShared), []),
      new PostgresActivityRecorder(session, this.recent).record(activities),
      commit(session),
    ]);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) {
      throw failed.reason;
    }
    this.remember(activities);
  }
}
