import type { DatabaseSync } from "node:sqlite";
import { KEY_REFUSAL_REASONS } from "../../../../protocol/refusal.ts";
import { OFFLINE_CAUSES } from "../../../../protocol/statuses.ts";
import type { ExecutorRecord } from "../../contract/executors.ts";
import type {
  ExecutorFilter,
  ExecutorHealth,
  ExecutorPage,
  ListMoment,
  VersionCount,
} from "../../contract/lists.ts";
import * as records from "../../rows/records.ts";
import { dateText, integer, text } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";
import { SqliteListPages, type Values } from "./list-page.ts";

const JOINS = `left join apikey k on k.id = x.keyId left join executorKey e on e.keyId = x.keyId
  left join keyRefusal r on r.keyId = x.keyId`;
const COLUMNS = `x.*, k.name as keyName, k.key as keyHash, k.enabled, k.expiresAt, e.revokedAt, e.revokesAt,
  r.reason, r.message, r.address, r.executorId as refusedExecutorId, r.at as keyRefusedAt`;

/** An executor with the key that it is bound to. */
export const EXECUTOR = `select ${COLUMNS} from executor x ${JOINS}`;

const SEEN = "coalesce(x.lastSyncAt, 0)";
/** As Presence judges, but for what it has heard since the last write. */
const IS_OFFLINE = `(${SEEN} < :onlineSince or coalesce(x.stoppedAt, -1) >= ${SEEN})`;
const KEY_REASONS = KEY_REFUSAL_REASONS.map((reason) => `'${reason}'`).join();
const REFUSED_AT = `max(coalesce(x.refusedAt, 0), case when r.reason in (${KEY_REASONS}) then r.at else 0 end)`;
/** What offlineReason() computes (executors/offline-reason.ts); a test compares the two. */
const CAUSE = `case
  when ${IS_OFFLINE} and coalesce(x.stoppedAt, -1) >= ${SEEN} and ${REFUSED_AT} <= x.stoppedAt then 'stopped'
  when x.keyId is null then 'key_deleted'
  when k.enabled = 0 or e.revokedAt is not null or e.revokesAt <= :now then 'key_revoked'
  when k.expiresAt <= :nowText then 'key_expired'
  when not ${IS_OFFLINE} then null
  when ${REFUSED_AT} > ${SEEN} then 'refused'
  else 'silent' end`;
const IS_REFUSED = `(${REFUSED_AT} > ${SEEN} and ${REFUSED_AT} >= :refusedSince and (${CAUSE}) is not null)`;
const IS_DUPLICATE = "x.id in (select value from json_each(:duplicates))";

const MATCHES = `x.organizationId = :organizationId
  and (:search is null or contains(x.name, :search) or substr(x.id, 1, length(:search)) = :search)
  and (:status is null or ${IS_OFFLINE} = (:status = 'offline'))
  and (:cause is null or (${CAUSE}) = :cause)
  and (:concern is null or case :concern when 'refused' then ${IS_REFUSED} else ${IS_DUPLICATE} end)
  and (:version is null or x.version = :version)
  and (:kind is null or x.kind = :kind)
  and (:key is null or x.keyId = :key)
  and (:seenBefore is null or ${SEEN} < :seenBefore)
  and (:seenAfter is null or ${SEEN} >= :seenAfter)`;

/** Each is in an index that begins with the organization. */
const ORDERS = {
  created: { key: undefined, hint: "indexed by executor_list" },
  name: { key: "x.name", hint: "" },
  seen: { key: SEEN, hint: "indexed by executor_seen" },
} as const;

/** The executors of an organization: filtered, ordered and counted. */
export class SqliteExecutorList extends SqliteStatements {
  private readonly pages: SqliteListPages;

  constructor(database: DatabaseSync) {
    super(database);
    this.pages = new SqliteListPages(database);
  }

  page(organizationId: string, page: ExecutorPage): readonly ExecutorRecord[] {
    const { key, hint } = ORDERS[page.sort];
    const list = {
      select: `select ${COLUMNS} from executor x ${hint} ${JOINS} where ${MATCHES}`,
      values: valuesOf(organizationId, page.filter, page.moment),
      table: "executor",
      alias: "x",
      isListed: "x.organizationId = :organizationId",
      key,
    };
    return this.pages.page(list, page).map(records.executor);
  }

  count(organizationId: string, filter: ExecutorFilter, moment: ListMoment): number {
    const sql = `select count(*) as count from executor x indexed by executor_list ${JOINS} where ${MATCHES}`;
    const [row] = this.allNamed(sql, valuesOf(organizationId, filter, moment));
    return row === undefined ? 0 : integer(row, "count");
  }

  versions(organizationId: string): readonly VersionCount[] {
    const sql = `select x.version, count(*) as count from executor x indexed by executor_list
      where x.organizationId = :organizationId and typeof(x.version) = 'text'
      group by x.version order by count desc, x.version limit 50`;
    return this.allNamed(sql, { organizationId }).map((row) => ({
      version: text(row, "version"),
      count: integer(row, "count"),
    }));
  }

  health(organizationId: string, moment: ListMoment): ExecutorHealth {
    const sql = `select count(*) as total, ${sum(IS_OFFLINE, "offline")}, ${sum(IS_REFUSED, "refused")},
        ${sum(IS_DUPLICATE, "duplicates")}, ${OFFLINE_CAUSES.map((cause) => sum(`${IS_OFFLINE} and (${CAUSE}) = '${cause}'`, `by_${cause}`)).join()}
      from executor x indexed by executor_list ${JOINS} where x.organizationId = :organizationId`;
    const [row = {}] = this.allNamed(sql, { organizationId, ...momentValues(moment) });
    const of = (column: string) => integer(row, column);
    return {
      total: of("total"),
      online: of("total") - of("offline"),
      offline: of("offline"),
      offlineBy: OFFLINE_CAUSES.map((cause) => ({ cause, count: of(`by_${cause}`) })),
      refused: of("refused"),
      duplicates: of("duplicates"),
    };
  }
}

function sum(condition: string, name: string): string {
  return `coalesce(sum(${condition}), 0) as ${name}`;
}

function valuesOf(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Values {
  return { organizationId, ...filter, ...momentValues(moment) };
}

function momentValues({ now, onlineSince, refusedSince, duplicates }: ListMoment): Values {
  return { now, nowText: dateText(now), onlineSince, refusedSince, duplicates: JSON.stringify(duplicates) };
}
