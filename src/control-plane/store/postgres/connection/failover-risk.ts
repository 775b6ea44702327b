import type { StoreProblem } from "../../contract/store.ts";
import { integer, text } from "../../rows/row.ts";
import type { Runner } from "./statements.ts";

const INTERVAL_MS = 30_000;
/** Everybody may read both: the details of a standby are for others only. */
const READ = `
  select (select count(*) from pg_stat_replication)::int as standbys,
    current_setting('synchronous_standby_names') as synchronous`;

const RISK: StoreProblem = {
  reason: "a failover can undo a revocation: the database has standbys, and none of them is synchronous",
  remedy:
    "on the primary, name a standby: alter system set synchronous_standby_names = 'ANY 1 (*)'; select pg_reload_conf()",
};

/** Looks again and again whether a failover could lose changes that were acknowledged. */
export class FailoverRisk {
  private readonly runner: Runner;
  private readonly timer: NodeJS.Timeout;
  /** As of the last look. */
  problem: StoreProblem | undefined;

  constructor(runner: Runner) {
    this.runner = runner;
    this.timer = setInterval(() => void this.look(), INTERVAL_MS).unref();
  }

  /** Never rejects: a database that does not answer is another problem. */
  async look(): Promise<void> {
    try {
      const [row] = (await this.runner.query(READ, [])).rows;
      const isAtRisk = row !== undefined && integer(row, "standbys") > 0 && text(row, "synchronous") === "";
      this.problem = isAtRisk ? RISK : undefined;
    } catch {
      // What was seen last stays.
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
