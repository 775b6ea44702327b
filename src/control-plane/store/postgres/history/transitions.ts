import { KEY_REFUSAL_REASONS } from "../../../../protocol/refusal.ts";
import { TRANSITION_KINDS, type TransitionKind } from "../../../../protocol/statuses.ts";
import { MAX_TRANSITIONS, type NewTransition } from "../../contract/executors.ts";
import type { KeyRefusal } from "../../contract/keys.ts";
import { PostgresStatements } from "../connection/statements.ts";

/** Of the executors that are bound to one key. */
const MAX_REFUSED = 100;

const kindNumber = (kind: TransitionKind) => TRANSITION_KINDS.indexOf(kind);
const [ONLINE, OFFLINE, REFUSED] = [kindNumber("online"), kindNumber("offline"), kindNumber("refused")];

const INTO = `insert into "executorTransition"
  ("executorId", at, kind, cause, address, "keyId", "keyName", "keyFingerprint")`;
const NEWEST_KIND = `select t.kind from "executorTransition" t where t."executorId" = x.id order by t.at desc, t.kind desc`;
const PRUNE = `
  delete from "executorTransition" t using unnest($1::text[]) as e (id)
  where t."executorId" = e.id and t.at < (
    select n.at from "executorTransition" n where n."executorId" = e.id order by n.at desc
    limit 1 offset ${MAX_TRANSITIONS - 1})`;
/** A dead key may be refused every second: looked at only if it was used since its last refusal. */
const REFUSED_EXECUTORS = `
  select x.id from apikey k join executor x on x."keyId" = k.id
    left join "keyRefusal" r on r."keyId" = k.id left join "keyUse" u on u."keyId" = k.id
  where k.id = $1 and (r.at is null or r.reason <> $2 or u."lastUsedAt" > r.at)
  order by x.name limit ${MAX_REFUSED}`;

/**
 * The last transitions of each executor. A refusal that follows a refusal is none, so that a host
 * that asks again and again does not push out the rest.
 */
export class PostgresTransitions extends PostgresStatements {
  async record(executorId: string, transitions: readonly NewTransition[]): Promise<void> {
    const sql = `${INTO}
      select x.id, $2::bigint, $3::int, $4, $5, coalesce($6, k.id), coalesce($7, k.name), coalesce($8, fingerprint(k.key))
      from executor x left join apikey k on k.id = x."keyId"
      where x.id = $1 and ($3::int <> ${REFUSED} or (${NEWEST_KIND} limit 1) is distinct from ${REFUSED})
      on conflict do nothing`;
    const statements = transitions.map(({ at, kind, cause, address, key }) => {
      const { id = null, name = null, fingerprint = null } = key ?? {};
      return this.run(sql, executorId, at, kindNumber(kind), cause, address, id, name, fingerprint);
    });
    await Promise.all([...statements, this.run(PRUNE, [executorId])]);
  }

  /** A key was refused with 401, so the executors that are bound to it were. */
  async recordRefused(keyId: string, { reason, address, at }: KeyRefusal): Promise<void> {
    if (!KEY_REFUSAL_REASONS.some((each) => each === reason)) {
      return;
    }
    const sql = `with refused as (
        ${INTO}
        select x.id, $3::bigint, ${REFUSED}, $2, $4, k.id, k.name, fingerprint(k.key)
        from executor x join apikey k on k.id = x."keyId"
        where x.id in (${REFUSED_EXECUTORS}) and (${NEWEST_KIND} limit 1) is distinct from ${REFUSED}
        on conflict do nothing returning "executorId")
      delete from "executorTransition" t using refused e
      where t."executorId" = e."executorId" and t.at < (
        select n.at from "executorTransition" n where n."executorId" = e."executorId" order by n.at desc
        limit 1 offset ${MAX_TRANSITIONS - 2})`;
    await this.run(sql, keyId, reason, at, address);
  }

  /** Executors that were online went offline at their last sync, if it is older than `before`. */
  async recordStart(before: number): Promise<void> {
    const sql = `${INTO}
      select x.id, greatest(coalesce(x."stoppedAt", 0), coalesce(h."lastSyncAt", 0)), ${OFFLINE},
        case when x."stoppedAt" >= h."lastSyncAt" then 'stopped' else 'silent' end, null, k.id, k.name, fingerprint(k.key)
      from executor x left join heartbeat h on h."executorId" = x.id left join apikey k on k.id = x."keyId"
      where (coalesce(h."lastSyncAt", 0) < $1 or x."stoppedAt" >= h."lastSyncAt")
        and (select t.kind from "executorTransition" t where t."executorId" = x.id and t.kind in (${ONLINE}, ${OFFLINE})
          order by t.at desc, t.kind desc limit 1) = ${ONLINE}
      on conflict do nothing`;
    await this.run(sql, before);
  }
}
