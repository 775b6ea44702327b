import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { keyHash } from "../../src/control-plane/keys/authenticate.ts";
import { openSqliteStore } from "../../src/control-plane/store/sqlite/open.ts";

/** The key of executor `index` of a fleet. It has the usual form and follows from the seed. */
export function fleetKey(seed: string, index: number): string {
  const bytes = createHash("sha512").update(`${seed} ${index}`).digest();
  return `exc_${Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join("")}`;
}

export function fleetExecutorName(index: number): string {
  return `agent-${index}`;
}

/**
 * Creates a database at `path` with `executors` executors of one organization, each bound to its
 * own key.
 */
export async function fillFleetDatabase(path: string, executors: number, seed: string): Promise<void> {
  await openSqliteStore(path).close();
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous = off; begin");
  const now = Date.now();
  const at = new Date(now).toISOString();
  database
    .prepare("insert into organization (id, name, slug, createdAt) values ('acme', 'Acme', 'acme', ?)")
    .run(at);
  const key = database.prepare(
    "insert into apikey (id, configId, name, start, referenceId, prefix, key, enabled, requestCount, createdAt, updatedAt) values (?, 'executor', ?, 'exc_ab', 'acme', 'exc_', ?, 1, 0, ?, ?)",
  );
  const lineage = database.prepare("insert into executorKey (keyId, lineageId) values (?, ?)");
  const executor = database.prepare(
    "insert into executor (id, organizationId, name, kind, version, channel, hostName, capabilities, resources, createdAt, keyId, lineageId, enrolledBy) values (?1, 'acme', ?2, 'agent', '0.1.0', 'stable', 'host', '{}', '{}', ?3, ?4, ?4, ?4)",
  );
  for (let index = 0; index < executors; index += 1) {
    const keyId = `key-${index}`;
    key.run(keyId, `prod ${index}`, keyHash(fleetKey(seed, index)), at, at);
    lineage.run(keyId, keyId);
    executor.run(`executor-${index}`, fleetExecutorName(index), now, keyId);
  }
  database.exec("commit; analyze; pragma wal_checkpoint(truncate)");
  database.close();
}
