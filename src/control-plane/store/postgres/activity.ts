import type { Activity, ActivityRecorder } from "../contract/activity.ts";
import { NOW_MS, PostgresStatements, type Runner, settled } from "./connection/statements.ts";
import { PostgresHeartbeats } from "./heartbeats.ts";
import { PostgresTransitions } from "./history/transitions.ts";
import { PostgresNodeReports } from "./node-reports.ts";

type Of<Kind extends Activity["kind"]> = Extract<Activity, { kind: Kind }>;

const STOP = `
  update executor set "stoppedAt" = $2
  where id = $1 and ("stoppedAt" is null or "stoppedAt" <= $2 or "stoppedAt" > ${NOW_MS})`;

/**
 * Writes what syncs leave behind. A later time that is stored already stays, since another control
 * plane on this database may be ahead of us. One in the future gives way: it was stored before the
 * wall clock was set back.
 *
 * Statements are sent in order, and none waits for the answer of another.
 */
export class PostgresActivityRecorder extends PostgresStatements implements ActivityRecorder {
  private readonly heartbeats: PostgresHeartbeats;
  private readonly nodeReports: PostgresNodeReports;
  private readonly transitions: PostgresTransitions;

  constructor(runner: Runner) {
    super(runner);
    this.heartbeats = new PostgresHeartbeats(runner);
    this.nodeReports = new PostgresNodeReports(runner);
    this.transitions = new PostgresTransitions(runner);
  }

  async record(activities: readonly Activity[]): Promise<void> {
    await settled(runsOf(activities).map((run) => this.recordRun(run)));
  }

  /** `run` is a number of activities of one kind. */
  private async recordRun(run: readonly Activity[]): Promise<void> {
    const [first] = run;
    if (first?.kind === "key-used") {
      return this.heartbeats.recordKeyUses(
        run.filter((each): each is Of<"key-used"> => each.kind === "key-used"),
      );
    }
    if (first?.kind === "synced") {
      return this.heartbeats.recordSyncs(run.filter((each): each is Of<"synced"> => each.kind === "synced"));
    }
    await settled(run.map((activity) => this.recordOne(activity)));
  }

  private async recordOne(activity: Activity): Promise<void> {
    switch (activity.kind) {
      case "refused":
        return this.recordRefusal(activity);
      case "key-refused":
        return this.recordKeyRefusal(activity);
      case "stopped":
        return this.run(STOP, activity.executorId, activity.at);
      case "moved":
        return this.transitions.record(activity.executorId, activity.transitions);
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
    const { reason: cause, key, address, at } = refusal;
    await settled([
      this.run(sql, executorId, JSON.stringify(refusal), at),
      this.transitions.record(executorId, [{ kind: "refused", at, cause, address, key }]),
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

/** Activities of one kind that follow one another. */
function runsOf(activities: readonly Activity[]): readonly (readonly Activity[])[] {
  const runs: Activity[][] = [];
  for (const activity of activities) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === activity.kind) {
      last.push(activity);
    } else {
      runs.push([activity]);
    }
  }
  return runs;
}
