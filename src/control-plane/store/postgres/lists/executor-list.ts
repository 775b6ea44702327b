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
import { PostgresStatements, type Runner } from "../connection/statements.ts";
import { contains } from "./contains.ts";
import { PostgresListPages, type Values } from "./list-page.ts";

const TABLES = `executor x left join heartbeat h on h."executorId" = x.id left join apikey k on k.id = x."keyId"
  left join "executorKey" e on e."keyId" = x."keyId" left join "keyRefusal" r on r."keyId" = x."keyId"`;
/** Each by its name: a later release may add columns while this one runs, and plans are kept. */
const COLUMNS = `x.id, x.name, x.kind, x."organizationId", x."createdAt", x."keyId", x."lastRefusal", x."stoppedAt",
  h.version, h.channel, h."hostName", h."publicHost", h.capabilities, h.resources, h."lastSyncAt",
  k.name as "keyName", k.key as "keyHash", k.enabled, k."expiresAt", e."revokedAt", e."revokesAt",
  r.reason, r.message, r.address, r."executorId" as "refusedExecutorId", r.at as "keyRefusedAt"`;
/** An executor with its heartbeat, and with the key that it is bound to. */
export const EXECUTOR = `select ${COLUMNS} from ${TABLES}`;

const SEEN = `coalesce(h."lastSyncAt", 0)`;
const STOPPED = `coalesce(x."stoppedAt", -1)`;
/** As Presence judges, but for what it has heard since the last write. */
const IS_OFFLINE = `(${SEEN} < :onlineSince::bigint or ${STOPPED} >= ${SEEN})`;
const KEY_REASONS = KEY_REFUSAL_REASONS.map((reason) => `'${reason}'`).join();
const REFUSED_AT = `greatest(coalesce(x."refusedAt", 0), case when r.reason in (${KEY_REASONS}) then r.at else 0 end)`;
/** What offlineReason() computes (executors/offline-reason.ts); a test compares the two. */
const CAUSE = `case
  when ${IS_OFFLINE} and ${STOPPED} >= ${SEEN} and ${REFUSED_AT} <= x."stoppedAt" then 'stopped'
  when x."keyId" is null then 'key_deleted'
  when k.enabled is false or e."revokedAt" is not null or e."revokesAt" <= :now::bigint then 'key_revoked'
  when k."expiresAt" <= :nowText::timestamptz then 'key_expired'
  when not ${IS_OFFLINE} then null
  when ${REFUSED_AT} > ${SEEN} then 'refused'
  else 'silent' end`;
const IS_REFUSED = `(${REFUSED_AT} > ${SEEN} and ${REFUSED_AT} >= :refusedSince::bigint and (${CAUSE}) is not null)`;
const IS_DUPLICATE = "x.id = any (:duplicates::text[])";
const IN_ORGANIZATION = `x."organizationId" = :organizationId`;

/** The condition of each filter. */
const MATCHES: Readonly<Record<Exclude<keyof ExecutorFilter, "concern">, string>> = {
  search: `(${contains("x.name", ":search")} or starts_with(x.id, :search))`,
  status: `${IS_OFFLINE} = (:status::text = 'offline')`,
  cause: `(${CAUSE}) = :cause`,
  version: "h.version = :version",
  kind: "x.kind = :kind",
  key: `x."keyId" = :key`,
  seenBefore: `${SEEN} < :seenBefore::bigint`,
  seenAfter: `${SEEN} >= :seenAfter::bigint`,
};
const CONCERNS = { refused: IS_REFUSED, duplicate: IS_DUPLICATE } as const;

/** The first two are in an index that begins with the organization. */
const ORDERS = { created: undefined, name: "x.name", seen: SEEN } as const;

/** The executors of an organization: filtered, ordered and counted. */
export class PostgresExecutorList extends PostgresStatements {
  private readonly pages: PostgresListPages;

  constructor(runner: Runner) {
    super(runner);
    this.pages = new PostgresListPages(runner);
  }

  async page(organizationId: string, page: ExecutorPage): Promise<readonly ExecutorRecord[]> {
    const list = {
      columns: COLUMNS,
      tables: TABLES,
      matching: matching(page.filter),
      values: valuesOf(organizationId, page.filter, page.moment),
      from: `from executor x left join heartbeat h on h."executorId" = x.id where x.id = :at and ${IN_ORGANIZATION}`,
      alias: "x",
      key: ORDERS[page.sort],
      isUnindexed: page.sort === "seen",
    };
    const rows = await this.pages.page(list, page);
    return rows.map(records.executor);
  }

  async count(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Promise<number> {
    const sql = `select count(*) as count from ${TABLES} where ${matching(filter)}`;
    const [row] = await this.allNamed(sql, valuesOf(organizationId, filter, moment));
    return row === undefined ? 0 : integer(row, "count");
  }

  async versions(organizationId: string): Promise<readonly VersionCount[]> {
    const sql = `select h.version, count(*) as count from executor x join heartbeat h on h."executorId" = x.id
      where ${IN_ORGANIZATION} group by h.version order by count desc, h.version limit 50`;
    const rows = await this.allNamed(sql, { organizationId });
    return rows.map((row) => ({ version: text(row, "version"), count: integer(row, "count") }));
  }

  async health(organizationId: string, moment: ListMoment): Promise<ExecutorHealth> {
    const causes = OFFLINE_CAUSES.map((cause) =>
      count(`${IS_OFFLINE} and (${CAUSE}) = '${cause}'`, `by_${cause}`),
    );
    const sql = `select count(*) as total, ${count(IS_OFFLINE, "offline")}, ${count(IS_REFUSED, "refused")},
        ${count(IS_DUPLICATE, "duplicates")}, ${causes.join()}
      from ${TABLES} where ${IN_ORGANIZATION}`;
    const [row = {}] = await this.allNamed(sql, { organizationId, ...momentValues(moment) });
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

function count(condition: string, name: string): string {
  return `count(*) filter (where ${condition}) as ${name}`;
}

function matching({ concern, ...rest }: ExecutorFilter): string {
  const others = Object.entries(MATCHES).flatMap(([name, condition]) =>
    Object.entries(rest).some(([given, value]) => given === name && value !== null) ? [condition] : [],
  );
  return [IN_ORGANIZATION, ...others, ...(concern === null ? [] : [CONCERNS[concern]])].join("\n and ");
}

function valuesOf(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Values {
  return { organizationId, ...filter, ...momentValues(moment) };
}

function momentValues({ now, onlineSince, refusedSince, duplicates }: ListMoment): Values {
  return { now, nowText: dateText(now), onlineSince, refusedSince, duplicates };
}
