import { KEY_REFUSAL_REASONS } from "../../../../protocol/refusal.ts";
import { TRANSITION_KINDS, type TransitionKind } from "../../../../protocol/statuses.ts";
import { MAX_TRANSITIONS, type NewTransition } from "../../contract/executors.ts";
import type { KeyRefusal } from "../../contract/keys.ts";
import { text } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";

/** Of the executors that are bound to one key. */
const MAX_REFUSED = 100;

const kindNumber = (kind: TransitionKind) => TRANSITION_KINDS.indexOf(kind);
const [ONLINE, OFFLINE, REFUSED] = [kindNumber("online"), kindNumber("offline"), kindNumber("refused")];
/** The last time that the executor `x` came or went. */
export const LAST_MOVE = `(select t.kind from executorTransition t where t.executorId = x.id and t.kind in (${ONLINE}, ${OFFLINE})
  order by t.at desc, t.kind desc limit 1)`;
const NEWEST_KIND = `select t.kind from executorTransition t where t.executorId = x.id order by t.at desc, t.kind desc`;

/**
 * The last transitions of each executor. A refusal that follows a refusal is none, so that a host
 * that asks again and again does not push out the rest.
 */
export class SqliteTransitions extends SqliteStatements {
  record(executorId: string, transitions: readonly NewTransition[]): void {
    const sql = `insert into executorTransition (executorId, at, kind, cause, address, keyId, keyName, keyFingerprint)
      select x.id, ?2, ?3, ?4, ?5, coalesce(?6, k.id), coalesce(?7, k.name), coalesce(?8, fingerprint(k.key))
      from executor x left join apikey k on k.id = x.keyId
      where x.id = ?1 and (?3 <> ${REFUSED} or (${NEWEST_KIND} limit 1) is not ${REFUSED})
      on conflict do nothing`;
    for (const { at, kind, cause, address, key } of transitions) {
      const { id = null, name = null, fingerprint = null } = key ?? {};
      this.run(sql, executorId, at, kindNumber(kind), cause, address, id, name, fingerprint);
    }
    this.prune(executorId);
  }

  /**
   * A key was refused with 401, so the executors that are bound to it were. Looked at only if the
   * key was used since its last refusal, because a dead key may be refused every second.
   */
  recordRefused(keyId: string, { reason, address, at }: KeyRefusal): void {
    if (!KEY_REFUSAL_REASONS.some((each) => each === reason)) {
      return;
    }
    const sql = `select x.id from apikey k left join keyRefusal r on r.keyId = k.id
      cross join executor x indexed by executor_bound on x.keyId = k.id
      where k.id = ?1 and (r.at is null or r.reason <> ?2 or unixepoch(k.lastRequest, 'subsec') * 1000 > r.at)
      limit ${MAX_REFUSED}`;
    for (const row of this.all(sql, keyId, reason)) {
      this.record(text(row, "id"), [{ kind: "refused", at, cause: reason, address }]);
    }
  }

  /** Executors that were online went offline at their last sync, if it is older than `before`. */
  recordStart(before: number): void {
    const sql = `insert into executorTransition (executorId, at, kind, cause, keyId, keyName, keyFingerprint)
      select x.id, max(coalesce(x.stoppedAt, 0), coalesce(x.lastSyncAt, 0)), ${OFFLINE},
        case when x.stoppedAt >= x.lastSyncAt then 'stopped' else 'silent' end, k.id, k.name, fingerprint(k.key)
      from executor x left join apikey k on k.id = x.keyId
      where (coalesce(x.lastSyncAt, 0) < ? or x.stoppedAt >= x.lastSyncAt)
        and ${LAST_MOVE} = ${ONLINE}
      on conflict do nothing`;
    this.run(sql, before);
  }

  private prune(executorId: string): void {
    const sql = `delete from executorTransition where executorId = ?1 and at < (
      select at from executorTransition where executorId = ?1 order by at desc limit 1 offset ${MAX_TRANSITIONS - 1})`;
    this.run(sql, executorId);
  }
}
