import type { NodesReported } from "../../contract/activity.ts";
import { NOW_MS, PostgresStatements } from "../connection/statements.ts";

const KNOWN = `
  insert into "executorNodes" as e ("executorId", "changeNumber", "lostChanges", seen)
  select id, 0, 0, $2 from executor where id = $1
  on conflict ("executorId") do update set seen = excluded.seen where e.seen is distinct from excluded.seen`;
const IS_NEW_HASH = `"executorId" = $1 and "capabilitiesHash" is distinct from $2`;
const CAPABILITIES = `
  insert into "nodeCapabilities" (hash, capabilities)
  select $2, $3 from "executorNodes" where ${IS_NEW_HASH} on conflict do nothing`;
/** Capabilities that no executor reports any more are forgotten. */
const USE_CAPABILITIES = `
  with former as (select "capabilitiesHash" as hash from "executorNodes" where ${IS_NEW_HASH}),
    changed as (
      update "executorNodes" set "capabilitiesHash" = $2
      where ${IS_NEW_HASH} and exists (select 1 from "nodeCapabilities" where hash = $2) returning 1)
  delete from "nodeCapabilities" c using former, changed
  where c.hash = former.hash
    and not exists (select 1 from "executorNodes" e where e."capabilitiesHash" = c.hash and e."executorId" <> $1)`;
const FORGET = `
  delete from "nodeObservation" where "observedAt" <= $3
    and "nodeId" in (select id from node where "executorId" = $1) and "nodeId" <> all ($2::text[])`;
const OBSERVE = `
  insert into "nodeObservation" as o ("nodeId", observed, "observedAt")
  select n.id, t.observed, $4 from unnest($2::text[], $3::text[]) as t (id, observed)
    join node n on n.id = t.id and n."executorId" = $1
  on conflict ("nodeId") do update set observed = excluded.observed, "observedAt" = excluded."observedAt"
    where o."observedAt" <= excluded."observedAt" or o."observedAt" > ${NOW_MS}`;

/** Writes what executors report about their nodes. What is newer in the store stays. */
export class PostgresNodeReports extends PostgresStatements {
  /** Sends all statements at once: none needs the answer of another. */
  async record(report: NodesReported): Promise<void> {
    const { executorId, seen, capabilitiesHash: hash, capabilities, observed, at } = report;
    const ids = [...observed.keys()];
    const texts = Array.from(observed.values(), (node) => JSON.stringify(node));
    await Promise.all([
      this.run(KNOWN, executorId, seen),
      hash !== null && capabilities !== null
        ? this.run(CAPABILITIES, executorId, hash, JSON.stringify(capabilities))
        : undefined,
      hash === null ? undefined : this.run(USE_CAPABILITIES, executorId, hash),
      report.isWhole ? this.run(FORGET, executorId, ids, at) : undefined,
      ids.length === 0 ? undefined : this.run(OBSERVE, executorId, ids, texts, at),
    ]);
  }
}
