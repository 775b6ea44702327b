import type { KeyRecord } from "../../contract/keys.ts";
import type { KeyFilter, KeyHealth, KeyPage, ListMoment } from "../../contract/lists.ts";
import * as records from "../../rows/records.ts";
import { dateText, integer } from "../../rows/row.ts";
import { PostgresStatements, type Runner } from "../connection/statements.ts";
import { contains } from "./contains.ts";
import { PostgresListPages, type Values } from "./list-page.ts";

const DAY_MS = 86_400_000;
/** Of the overview: what a person should look at. */
const EXPIRING_MS = 14 * DAY_MS;
const UNUSED_MS = 90 * DAY_MS;
const OLD_MS = 90 * DAY_MS;

/** A key with its organization, lineage and target. */
export const KEY_COLUMNS = `k.id, k.name, k.key, k."createdAt", k."expiresAt", k.enabled,
  o.id as "organizationId", o.name as "organizationName", o.slug as "organizationSlug",
  e."revokedAt", e."revokesAt", e."lineageId", e."targetExecutorId" as "targetId", e."targetName",
  t.id as "existingTarget"`;
export const KEY_JOINS = `join organization o on o.id = k."referenceId"
  left join "executorKey" e on e."keyId" = k.id left join executor t on t.id = e."targetExecutorId"`;
/**
 * Our own note of the last use, which may be a minute old if an executor syncs with the key, or
 * what better-auth's plugin wrote.
 */
const KEY_NOTED = `coalesce(to_timestamp(u."lastUsedAt" / 1000.0), k."lastRequest")`;
/** Twice as many as a key may have executors by default. */
const USES_IN_A_MINUTE = 200;
/**
 * The newest uses of a key, as the history notes them, and no more of it, however long it is. The
 * note of an executor that syncs is at most a minute older than its heartbeat. So the last use is
 * among these, unless more executors have used the key within a minute: then it is one of that
 * minute.
 */
export const newestUses = (
  condition: string,
  limit = "0",
) => `(select s.* from "executorKeyUsage" s where ${condition}
  order by s."lastUsedAt" desc limit ${limit}::bigint + ${USES_IN_A_MINUTE})`;
/** The last use, with those that heartbeats show. */
export const KEY_USED = `greatest(${KEY_NOTED}, (select to_timestamp(max(greatest(u."lastUsedAt", h."lastSyncAt")) / 1000.0)
  from ${newestUses(`s."keyId" = k.id`)} u
  left join heartbeat h on h."executorId" = u."executorId" and h."keyId" = u."keyId"))`;

const JOINS = `left join "executorKey" e on e."keyId" = k.id left join "keyUse" u on u."keyId" = k.id`;
const IS_KEY = `k."configId" = 'executor' and k."referenceId" = :organizationId`;
const REVOKED = `(k.enabled is false or e."revokedAt" is not null or coalesce(e."revokesAt" <= :now::bigint, false))`;
const EXPIRED = `coalesce(k."expiresAt" <= :nowText::timestamptz, false)`;
/** What keyStatus() computes (keys/key-status.ts), but for damage. */
const STATUS = `case when ${REVOKED} then 'revoked' when ${EXPIRED} then 'expired' else 'active' end`;
/** Works, and has no successor yet. */
const IS_IN_USE = `(${STATUS}) = 'active' and e."revokesAt" is null`;
const USED = `coalesce(${KEY_NOTED}, k."createdAt")`;
const CONCERNS = {
  refused: `exists (select 1 from "keyRefusal" r where r."keyId" = k.id and r.at >= :refusedSince::bigint)`,
  expiring: `${IS_IN_USE} and k."expiresAt" <= :expiring::timestamptz`,
  unused: `${IS_IN_USE} and ${USED} <= :unused::timestamptz`,
  old: `${IS_IN_USE} and k."createdAt" <= :old::timestamptz`,
} as const;
/** The condition of each filter. */
const MATCHES: Readonly<Record<Exclude<keyof KeyFilter, "concern">, string>> = {
  search: `(${contains("k.name", ":search")} or starts_with(k.id, :search)
    or starts_with(fingerprint(k.key), lower(:search::text collate "C")))`,
  status: `(${STATUS}) = :status`,
  target: `(e."targetExecutorId" = :target or ${contains(`e."targetName"`, ":target")})`,
  expiresBefore: `k."expiresAt" < :expiresBefore::timestamptz`,
  usedBefore: `${USED} < :usedBefore::timestamptz`,
};

/** Each is in an index that begins with the organization. */
const ORDERS = {
  created: `k."createdAt"`,
  name: "coalesce(k.name, '')",
  expires: `coalesce(k."expiresAt", 'infinity'::timestamptz)`,
} as const;

/** The keys of an organization: filtered, ordered and counted. */
export class PostgresKeyList extends PostgresStatements {
  private readonly pages: PostgresListPages;

  constructor(runner: Runner) {
    super(runner);
    this.pages = new PostgresListPages(runner);
  }

  async page(organizationId: string, page: KeyPage): Promise<readonly KeyRecord[]> {
    const list = {
      columns: `${KEY_COLUMNS}, ${KEY_USED} as "lastRequest"`,
      tables: `apikey k ${KEY_JOINS} left join "keyUse" u on u."keyId" = k.id`,
      matching: matching(page.filter),
      values: valuesOf(organizationId, page.filter, page.moment),
      from: `from apikey k where k.id = :at and ${IS_KEY}`,
      alias: "k",
      key: ORDERS[page.sort],
      isUnindexed: false,
    };
    const rows = await this.pages.page(list, page);
    return rows.map(records.key);
  }

  async count(organizationId: string, filter: KeyFilter, moment: ListMoment): Promise<number> {
    const sql = `select count(*) as count from apikey k ${JOINS} where ${matching(filter)}`;
    const [row] = await this.allNamed(sql, valuesOf(organizationId, filter, moment));
    return row === undefined ? 0 : integer(row, "count");
  }

  async health(organizationId: string, moment: ListMoment): Promise<KeyHealth> {
    const counts = Object.entries({ active: `(${STATUS}) = 'active'`, ...CONCERNS }).map(
      ([name, condition]) => `count(*) filter (where ${condition}) as ${name}`,
    );
    const sql = `select count(*) as total, ${counts.join()} from apikey k ${JOINS} where ${IS_KEY}`;
    const [row = {}] = await this.allNamed(sql, { organizationId, ...momentValues(moment) });
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

function matching({ concern, ...rest }: KeyFilter): string {
  const others = Object.entries(MATCHES).flatMap(([name, condition]) =>
    Object.entries(rest).some(([given, value]) => given === name && value !== null) ? [condition] : [],
  );
  return [IS_KEY, ...others, ...(concern === null ? [] : [CONCERNS[concern]])].join("\n and ");
}

function valuesOf(organizationId: string, filter: KeyFilter, moment: ListMoment): Values {
  const { search, status, target } = filter;
  const expiresBefore = dateText(filter.expiresBefore);
  const usedBefore = dateText(filter.usedBefore);
  return { organizationId, search, status, target, expiresBefore, usedBefore, ...momentValues(moment) };
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
