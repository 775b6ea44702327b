import type { Activity, ActivityRecorder } from "../../contract/activity.ts";
import { NOW_MS, PostgresStatements, type Runner, settled } from "../connection/statements.ts";
import { PostgresTransitions } from "../history/transitions.ts";
import { PostgresHeartbeats } from "./heartbeats.ts";
import { PostgresNodeReports } from "./node-reports.ts";
import type { RecentUses } from "./recent-uses.ts";

type Of<Kind extends Activity["kind"]> = Extract<Activity, { kind: Kind }>;

const STOP = `
  update executor set "stoppedAt" = $2
  where id = $1 and ("stoppedAt" is null or "stoppedAt" <= $2 or "stoppedAt" > ${NOW_MS})`;

/**
 * Writes what syncs leave behind. A later time that is stored already stays, since another control
 * plane on this database may be ahead of us. One in the future gives way: it was stored before the
 * wall clock was set back.
 *
 * Statements are sent at once, and none waits for the answer of another. Those for all uses and
 * syncs come last, and write their rows in one order, so that no two control planes wait for each
 * other. A refusal of a key looks at the uses before these.
 */
export class PostgresActivityRecorder extends PostgresStatements implements ActivityRecorder {
  private readonly heartbeats: PostgresHeartbeats;
  private readonly recent: RecentUses | undefined;
  private readonly nodeReports: PostgresNodeReports;
  private readonly transitions: PostgresTransitions;

  /** Without `recent`, nothing is known of what was written before. */
  constructor(runner: Runner, recent?: RecentUses) {
    super(runner);
    this.recent = recent;
    this.heartbeats = new PostgresHeartbeats(runner);
    this.nodeReports = new PostgresNodeReports(runner);
    this.transitions = new PostgresTransitions(runner);
  }

  async record(activities: readonly Activity[]): Promise<void> {
    const uses = activities.filter((each): each is Of<"key-used"> => each.kind === "key-used");
    const syncs = activities.filter((each): each is Of<"synced"> => each.kind === "synced");
    const moves = activities.filter((each): each is Of<"moved"> => each.kind === "moved");
    await settled([
      moves.length > 0 && this.transitions.recordMoves(moves),
      ...activities.map((activity) => this.recordOne(activity)),
      uses.length > 0 && this.heartbeats.recordKeyUses(uses, this.recent),
      syncs.length > 0 && this.heartbeats.recordSyncs(syncs, this.recent),
    ]);
  }

  private async recordOne(activity: Activity): Promise<void> {
    switch (activity.kind) {
      case "refused":
        return this.recordRefusal(activity);
      case "key-refused":
        return this.recordKeyRefusal(activity);
      case "stopped":
        return this.run(STOP, activity.executorId, activity.at);
      case "started":
        return this.transitions.recordStart(activity.before);
      case "nodes-reported":
        return this.nodeReports.record(activity);
      default:
        return undefined;
    }
  }

  private async recordRefusal({ executorId, refusal }: Of<"refused">): Promise<void> {
    const sql = `update executor set "lastRefusal" = $2, "refusedAt" = $3
      where id = $1 and ("refusedAt" is null or "refusedAt" <= $3 or "refusedAt" > ${NOW_MS})`;
    await settled([
      this.run(sql, executorId, JSON.stringify(refusal), refusal.at),
      this.transitions.recordRefusal(executorId, refusal),
    ]);
  }

  private async recordKeyRefusal({ keyId, refusal }: Of<"key-refused">): Promise<void> {
    const { reason, message, address, executorId, at } = refusal;
    const sql = `insert into "keyRefusal" as r ("keyId", reason, message, address, "executorId", at)
      select id, $2, $3, $4, $5, $6 from apikey where id = $1
      on conflict ("keyId") do update set reason = excluded.reason, message = excluded.message,
        address = excluded.address, "executorId" = excluded."executorId", at = excluded.at
        where r.at <= excluded.at or r.at > ${NOW_MS}`;
    await settled([
      this.transitions.recordRefused(keyId, refusal),
      this.run(sql, keyId, reason, message, address, executorId, at),
    ]);
  }
}
