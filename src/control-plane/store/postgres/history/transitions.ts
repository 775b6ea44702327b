import { KEY_REFUSAL_REASONS } from "../../../../protocol/refusal.ts";
import { TRANSITION_KINDS, type TransitionKind } from "../../../../protocol/statuses.ts";
import type { Activity } from "../../contract/activity.ts";
import { type ExecutorRefusal, MAX_TRANSITIONS } from "../../contract/executors.ts";
import type { KeyRefusal } from "../../contract/keys.ts";
import { PostgresStatements, settled } from "../connection/statements.ts";

type Moved = Extract<Activity, { kind: "moved" }>;

/** Of the executors that are bound to one key. */
const MAX_REFUSED = 100;

const kindNumber = (kind: TransitionKind) => TRANSITION_KINDS.indexOf(kind);
const [ONLINE, OFFLINE, REFUSED] = [kindNumber("online"), kindNumber("offline"), kindNumber("refused")];

/** The last time that the executor `x` came or went. */
export const LAST_MOVE = `
  select t.kind from "executorTransition" t where t."executorId" = x.id and t.kind in (${ONLINE}, ${OFFLINE})
  order by t.at desc, t.kind desc limit 1`;
const INTO = `insert into "executorTransition"
  ("executorId", at, kind, cause, address, "keyId", "keyName", "keyFingerprint")`;
const MOVES = `${INTO}
  select x.id, t.at, t.kind, t.cause, t.address, coalesce(t.key, k.id), coalesce(t.name, k.name),
    coalesce(t.fingerprint, fingerprint(k.key))
  from unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
      as t (executor, at, kind, cause, address, key, name, fingerprint)
    join executor x on x.id = t.executor left join apikey k on k.id = x."keyId"
  on conflict do nothing`;
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
    left join heartbeat h on h."executorId" = x.id and h."keyId" = k.id
  where k.id = $1 and (r.at is null or r.reason <> $2 or greatest(u."lastUsedAt", h."lastSyncAt") > r.at)
  order by x.name limit ${MAX_REFUSED}`;

/**
 * The last transitions of each executor. A refusal that follows a refusal is none, so that a host
 * that asks again and again does not push out the rest.
 */
export class PostgresTransitions extends PostgresStatements {
  /** Of any number of executors. None of them is a refusal. */
  async recordMoves(moves: readonly Moved[]): Promise<void> {
    const rows = moves.flatMap(({ executorId, transitions }) =>
      transitions.map((transition) => ({ executorId, ...transition })),
    );
    await settled([
      this.run(
        MOVES,
        rows.map(({ executorId }) => executorId),
        rows.map(({ at }) => at),
        rows.map(({ kind }) => kindNumber(kind)),
        rows.map(({ cause }) => cause),
        rows.map(({ address }) => address),
        rows.map(({ key }) => key?.id ?? null),
        rows.map(({ key }) => key?.name ?? null),
        rows.map(({ key }) => key?.fingerprint ?? null),
      ),
      this.run(
        PRUNE,
        moves.map(({ executorId }) => executorId),
      ),
    ]);
  }

  /** An executor was refused with 403. */
  async recordRefusal(executorId: string, { at, reason, address, key }: ExecutorRefusal): Promise<void> {
    const sql = `${INTO}
      select x.id, $2::bigint, ${REFUSED}, $3, $4, $5, $6, $7 from executor x
      where x.id = $1 and (${NEWEST_KIND} limit 1) is distinct from ${REFUSED} on conflict do nothing`;
    await settled([
      this.run(sql, executorId, at, reason, address, key.id, key.name, key.fingerprint),
      this.run(PRUNE, [executorId]),
    ]);
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
        and (${LAST_MOVE}) = ${ONLINE}
      on conflict do nothing`;
    await this.run(sql, before);
  }
}
