import type { DatabaseSync } from "node:sqlite";
import type { KeyRecord } from "../../contract/keys.ts";
import type { KeyFilter, KeyHealth, KeyPage, ListMoment } from "../../contract/lists.ts";
import * as records from "../../rows/records.ts";
import { dateText, integer } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";
import { SqliteListPages, type Values } from "./list-page.ts";

const DAY_MS = 86_400_000;
/** Of the overview: what a person should look at. */
const EXPIRING_MS = 14 * DAY_MS;
const UNUSED_MS = 90 * DAY_MS;
const OLD_MS = 90 * DAY_MS;

/** The keys that `apikeyJoined` finds, with their organization, lineage and target. */
export const keysFrom = (apikeyJoined: string) => `
  select k.id, k.name, k.key, k.createdAt, k.expiresAt, k.lastRequest, k.enabled,
    o.id as organizationId, o.name as organizationName, o.slug as organizationSlug,
    e.revokedAt, e.revokesAt, e.lineageId, e.targetExecutorId as targetId, e.targetName, t.id as existingTarget
  from ${apikeyJoined} organization o on o.id = k.referenceId
  left join executorKey e on e.keyId = k.id left join executor t on t.id = e.targetExecutorId`;

const IS_KEY = "k.configId = 'executor' and k.referenceId = :organizationId";
/** What keyStatus() computes (keys/key-status.ts), but for damage. */
const STATUS = `case when k.enabled = 0 or e.revokedAt is not null or e.revokesAt <= :now then 'revoked'
  when k.expiresAt <= :nowText then 'expired' else 'active' end`;
/** Works, and has no successor yet. */
const IS_IN_USE = `(${STATUS}) = 'active' and e.revokesAt is null`;
const USED = "coalesce(k.lastRequest, k.createdAt)";
const CONCERNS = {
  refused: "exists (select 1 from keyRefusal r where r.keyId = k.id and r.at >= :refusedSince)",
  expiring: `${IS_IN_USE} and k.expiresAt <= :expiring`,
  unused: `${IS_IN_USE} and ${USED} <= :unused`,
  old: `${IS_IN_USE} and k.createdAt <= :old`,
} as const;

const MATCHES = `${IS_KEY}
  and (:search is null or contains(k.name, :search) or substr(k.id, 1, length(:search)) = :search
    or substr(fingerprint(k.key), 1, length(:search)) = lower(:search))
  and (:status is null or (${STATUS}) = :status)
  and (:concern is null or case :concern ${Object.entries(CONCERNS)
    .map(([concern, condition]) => `when '${concern}' then ${condition}`)
    .join("\n    ")} end)
  and (:target is null or e.targetExecutorId = :target or contains(e.targetName, :target))
  and (:expiresBefore is null or k.expiresAt < :expiresBefore)
  and (:usedBefore is null or ${USED} < :usedBefore)`;

/**
 * Each is in an index that begins with the organization. They name it and the join order: for one
 * large organization, SQLite's statistics would choose to sort all of its keys.
 */
const ORDERS = {
  created: { key: "k.createdAt", index: "apikey_list" },
  name: { key: "coalesce(k.name, '')", index: "apikey_name" },
  expires: { key: "coalesce(k.expiresAt, '~')", index: "apikey_expiry" },
} as const;

const COUNTED = "from apikey k indexed by apikey_list left join executorKey e on e.keyId = k.id";

/** The keys of an organization: filtered, ordered and counted. */
export class SqliteKeyList extends SqliteStatements {
  private readonly pages: SqliteListPages;

  constructor(database: DatabaseSync) {
    super(database);
    this.pages = new SqliteListPages(database);
  }

  page(organizationId: string, page: KeyPage): readonly KeyRecord[] {
    const { key, index } = ORDERS[page.sort];
    const list = {
      select: `${keysFrom(`apikey k indexed by ${index} cross join`)} where ${MATCHES}`,
      values: valuesOf(organizationId, page.filter, page.moment),
      table: "apikey",
      alias: "k",
      isListed: IS_KEY,
      key,
    };
    return this.pages.page(list, page).map(records.key);
  }

  count(organizationId: string, filter: KeyFilter, moment: ListMoment): number {
    const sql = `select count(*) as count ${COUNTED} where ${MATCHES}`;
    const [row] = this.allNamed(sql, valuesOf(organizationId, filter, moment));
    return row === undefined ? 0 : integer(row, "count");
  }

  health(organizationId: string, moment: ListMoment): KeyHealth {
    const sums = Object.entries({ active: `(${STATUS}) = 'active'`, ...CONCERNS }).map(
      ([name, condition]) => `coalesce(sum(${condition}), 0) as ${name}`,
    );
    const sql = `select count(*) as total, ${sums.join()} ${COUNTED} where ${IS_KEY}`;
    const [row = {}] = this.allNamed(sql, { organizationId, ...momentValues(moment) });
    const of = (column: string) => integer(row, column);
    return {
      total: of("total"),
      active: of("active"),
      refused: of("refused"),
      expiring: of("expiring"),
      unused: of("unused"),
      old: of("old"),
    };
  }
}

function valuesOf(organizationId: string, filter: KeyFilter, moment: ListMoment): Values {
  const { search, status, concern, target } = filter;
  const expiresBefore = dateText(filter.expiresBefore);
  const usedBefore = dateText(filter.usedBefore);
  const given = { search, status, concern, target, expiresBefore, usedBefore };
  return { organizationId, ...given, ...momentValues(moment) };
}

function momentValues({ now, refusedSince }: ListMoment): Values {
  return {
    now,
    nowText: dateText(now),
    refusedSince,
    expiring: dateText(now + EXPIRING_MS),
    unused: dateText(now - UNUSED_MS),
    old: dateText(now - OLD_MS),
  };
}
