import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../../src/control-plane/store/sqlite/migrations/migrations.ts";

/** A database of the first schema version with a row in every table. Migrations begin here. */
export function createVersion1Database(path: string): void {
  const [first = ""] = MIGRATIONS;
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode = wal");
  database.exec(first);
  database.exec(`
    insert into organization (id, name, slug, createdAt) values ('o1', 'Acme', 'acme', '2026-01-01T00:00:00.000Z');
    insert into apikey (id, configId, name, start, referenceId, prefix, key, enabled, createdAt, updatedAt) values
      ('k1', 'executor', 'prod', 'exc_ab', 'o1', 'exc_', '${"a".repeat(43)}', 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'),
      ('k2', 'executor', 'old', 'exc_cd', 'o1', 'exc_', '${"b".repeat(43)}', 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    insert into executor (id, organizationId, name, kind, version, channel, hostName, capabilities, resources, createdAt, lastSyncAt, keyId)
      values ('x1', 'o1', 'agent-1', 'agent', '0.1.0', 'stable', 'host-1', '{}', '{}', 1000, 2000, 'k1');
    insert into executorKey (keyId, lineageId, targetExecutorId, revokedAt) values ('k1', 'k1', 'x1', null), ('k2', 'k2', null, 1500);
    insert into executorKeyUsage values ('x1', 'k1', 'prod', 'aaaaaaaa', 1000, 2000);
    insert into auditEvent (id, organizationId, at, actor, action, targetType, targetId, targetName, details, source) values
      ('e1', 'o1', 1000, 'local operator', 'api_key.created', 'api_key', 'k1', 'prod', '{}', 'management socket'),
      ('e2', 'o1', 1500, 'local operator', 'api_key.revoked', 'api_key', 'k2', 'old', '{}', 'management socket');
    pragma user_version = 1;`);
  database.close();
}
