import type { NodesReported } from "../contract/activity.ts";
import { NOW_MS, SqliteStatements } from "./rows/statements.ts";

/** Writes what executors report about their nodes. What is newer in the store stays. */
export class SqliteNodeReports extends SqliteStatements {
  record(report: NodesReported): void {
    const { executorId, seen, observed, at } = report;
    const known = `insert into executorNodes (executorId, changeNumber, lostChanges, seen)
      select id, 0, 0, ?2 from executor where id = ?1
      on conflict (executorId) do update set seen = excluded.seen where seen is not excluded.seen`;
    this.run(known, executorId, seen);
    this.recordCapabilities(report);
    if (report.isWhole) {
      const forget = `delete from nodeObservation where observedAt <= ?3
        and nodeId in (select id from node where executorId = ?1) and nodeId not in (select value from json_each(?2))`;
      this.run(forget, executorId, JSON.stringify([...observed.keys()]), at);
    }
    // Only the first report of a node looks for it: a node never moves to another executor.
    const renew = `update nodeObservation set observed = ?2, observedAt = ?3
      where nodeId = ?1 and (observedAt <= ?3 or observedAt > ${NOW_MS})`;
    const begin = `insert into nodeObservation (nodeId, observed, observedAt)
      select id, ?3, ?4 from node where id = ?1 and executorId = ?2 on conflict do nothing`;
    for (const [nodeId, node] of observed) {
      const text = JSON.stringify(node);
      if (!this.changes(renew, nodeId, text, at)) {
        this.run(begin, nodeId, executorId, text, at);
      }
    }
  }

  /** Capabilities that no executor reports any more are forgotten. */
  private recordCapabilities({ executorId, capabilitiesHash: hash, capabilities }: NodesReported): void {
    const before = this.get("select capabilitiesHash from executorNodes where executorId = ?", executorId);
    const former = before?.["capabilitiesHash"];
    if (hash === null || former === hash) {
      return;
    }
    if (capabilities !== null) {
      const sql = "insert into nodeCapabilities (hash, capabilities) values (?, ?) on conflict do nothing";
      this.run(sql, hash, JSON.stringify(capabilities));
    }
    const use = `update executorNodes set capabilitiesHash = ?2
      where executorId = ?1 and exists (select 1 from nodeCapabilities where hash = ?2)`;
    this.run(use, executorId, hash);
    if (typeof former === "string") {
      const forget = `delete from nodeCapabilities where hash = ?1
        and not exists (select 1 from executorNodes where capabilitiesHash = ?1)`;
      this.run(forget, former);
    }
  }
}
