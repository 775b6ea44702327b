import type { LargeSizes } from "../large-database.ts";
import { type PostgresDatabase, query } from "./postgres-databases.ts";

/**
 * Fills a database as fillLargeDatabase() fills an SQLite file: with ids such as `key-7`, all in the
 * organization acme. One executor in a hundred has synced in the last minute before `now`.
 */
export async function fillLargePostgres({ url }: PostgresDatabase, sizes: LargeSizes, now: number) {
  for (const statement of statements(sizes, now)) {
    // Triggers would note every row.
    await query(`${url}?options=${encodeURIComponent("-c session_replication_role=replica")}`, statement);
  }
}

function statements({ keys, executors, auditEvents, actors }: LargeSizes, now: number): readonly string[] {
  const time = `to_timestamp(${now} / 1000.0) - n * interval '1 hour'`;
  return [
    `insert into organization (id, name, slug, "createdAt") select id, id, id, now() from unnest(array['acme', 'bravo']) id`,
    `insert into apikey (id, "configId", name, start, "referenceId", key, enabled, "createdAt", "updatedAt")
      select 'key-' || n, 'executor', 'prod ' || n, 'exc_ab', 'acme', md5(n::text), true, ${time}, ${time}
      from generate_series(${keys - 1}, 0, -1) n`,
    `insert into "executorKey" ("keyId", "lineageId", "revokedAt")
      select 'key-' || n, 'key-' || n, case when n % 5 = 0 then ${now} end from generate_series(0, ${keys - 1}) n`,
    `insert into "keyUse" ("keyId", "lastUsedAt") select 'key-' || n, ${now} from generate_series(0, ${keys - 1}) n`,
    `insert into executor (id, "organizationId", name, kind, "createdAt", "keyId", "lineageId", "enrolledBy")
      select 'executor-' || n, 'acme', 'agent-' || n, 'agent', ${now}, key, key, key
      from generate_series(0, ${executors - 1}) n, lateral (select 'key-' || n % ${keys} as key) k`,
    `insert into heartbeat ("executorId", "keyId", version, channel, "hostName", capabilities, resources, "lastSyncAt")
      select 'executor-' || n, 'key-' || n % ${keys}, '1.4.0', 'stable', 'host-' || n, repeat('x', 800), '{}',
        ${now} - case when n % 100 = 0 then 0 else n * 60000::bigint end from generate_series(0, ${executors - 1}) n`,
    `insert into "executorKeyUsage" ("executorId", "executorName", "keyId", "keyName", "keyFingerprint", "firstUsedAt",
        "lastUsedAt")
      select 'executor-' || n, 'agent-' || n, 'key-' || (n + older) % ${keys}, 'prod', '00000000', ${now} - older, ${now} - older
      from generate_series(0, ${executors - 1}) n, generate_series(0, 2) older`,
    `insert into "auditEvent" (sequence, id, "organizationId", at, actor, action, "targetType", "targetId", "targetName",
        details, source)
      select n, 'event-' || n, case when n % 100 = 99 then 'bravo' else 'acme' end, ${now} - (${auditEvents} - n) * 60000::bigint,
        'Person ' || n % ${actors} || ' <person' || n % ${actors} || '@example.com>',
        case when n % 50000 = 7 then 'member.removed' else 'api_key.created' end, 'api_key', 'key-' || n / 4,
        'prod ' || n / 4, '{}', 'page'
      from generate_series(0, ${auditEvents - 1}) n`,
    `insert into "auditActor" select distinct "organizationId", actor from "auditEvent"`,
    "analyze",
  ];
}
