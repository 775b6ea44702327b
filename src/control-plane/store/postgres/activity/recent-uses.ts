import type { Activity } from "../../contract/activity.ts";

type Sync = Extract<Activity, { kind: "synced" }>;

/** A use of a key is written if it is that much newer than the one that is stored. */
export const USE_MS = 60_000;

/**
 * The uses of keys that this process wrote within the last minute. The next sync of such an
 * executor with the same key has only its heartbeat to write, so the database is not asked. If
 * another control plane saw the executor with another key in between, the last use of that key is
 * up to a minute older in the history.
 *
 * It holds as many entries as executors have synced within two minutes.
 */
export class RecentUses {
  private session = 0;
  private turnedAt = 0;
  private young = new Map<string, Sync>();
  private old = new Map<string, Sync>();

  /** A new connection may lead to a server that has lost the last second. */
  begin(session: number): void {
    if (session !== this.session) {
      this.session = session;
      this.young = new Map();
      this.old = new Map();
    }
  }

  /** Whether the use of the sync's key is stored, and not older than a minute before the sync. */
  has({ executorId, key, at }: Sync): boolean {
    const written = this.young.get(executorId) ?? this.old.get(executorId);
    return written?.key.id === key.id && at >= written.at && at - written.at <= USE_MS;
  }

  /** Call it only after the commit. */
  note(syncs: readonly Sync[]): void {
    for (const sync of syncs) {
      if (this.has(sync)) {
        continue;
      }
      if (Math.abs(sync.at - this.turnedAt) > USE_MS) {
        this.turnedAt = sync.at;
        this.old = this.young;
        this.young = new Map();
      }
      this.young.set(sync.executorId, sync);
    }
  }
}
