import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { keyHash } from "../../src/control-plane/keys/authenticate.ts";
import { openSqliteStore } from "../../src/control-plane/store/sqlite/open.ts";
import { capabilitiesOf } from "../../src/protocol/chains/capabilities.ts";
import { hashOfCapabilities } from "../../src/protocol/nodes/capabilities-hash.ts";

/** The key of executor `index` of a fleet. It has the usual form and follows from the seed. */
export function fleetKey(seed: string, index: number): string {
  const bytes = createHash("sha512").update(`${seed} ${index}`).digest();
  return `exc_${Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join("")}`;
}

export function fleetExecutorName(index: number): string {
  return `agent-${index}`;
}

/** Each executor's nodes, and what it has seen of them. */
export const FLEET_CHANGE_NUMBER = 5;
export const FLEET_CAPABILITIES_HASH = hashOfCapabilities(capabilitiesOf(() => true));

export function fleetNodeId(executor: number, node: number): string {
  return `node-of-executor-${executor}-${node}`.padEnd(32, "x");
}

/**
 * Creates a database at `path` with `executors` executors of one organization, each bound to its
 * own key, and with `nodes` nodes each. Undefined: their agents are from before nodes.
 */
export async function fillFleetDatabase(
  path: string,
  executors: number,
  seed: string,
  nodes?: number,
): Promise<void> {
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
  if (nodes !== undefined) {
    fillNodes(database, executors, nodes, now);
  }
  database.exec("commit; analyze; pragma wal_checkpoint(truncate)");
  database.close();
}

/** `nodes` for each executor that `fillFleetDatabase` or `fillLargeDatabase` has made. */
export function fillNodes(database: DatabaseSync, executors: number, nodes: number, now: number): void {
  database
    .prepare("insert into nodeCapabilities (hash, capabilities) values (?, ?)")
    .run(FLEET_CAPABILITIES_HASH, JSON.stringify(capabilitiesOf(() => true)));
  const own = database.prepare(
    "insert into executorNodes (executorId, changeNumber, lostChanges, seen, capabilitiesHash) values (?, ?, 0, ?, ?)",
  );
  const node = database.prepare(
    "insert into node (id, organizationId, executorId, name, revision, lostChanges, chain, config, desiredState, restartGeneration, createdAt, updatedAt) values (?, 'acme', ?, ?, 1, 0, 'litecoin', ?, 'running', 0, ?, ?)",
  );
  const clients = [{ role: "node", client: "litecoind", version: "0.21.4" }];
  const lists = { clients, overrides: [], limits: [], ports: [] };
  const config = JSON.stringify({ chain: "litecoin", network: "mainnet", nodeType: "full", ...lists });
  for (let index = 0; index < executors; index += 1) {
    own.run(`executor-${index}`, FLEET_CHANGE_NUMBER, FLEET_CHANGE_NUMBER, FLEET_CAPABILITIES_HASH);
    for (let n = 0; n < nodes; n += 1) {
      node.run(fleetNodeId(index, n), `executor-${index}`, `ltc-${n}`, config, now, now);
    }
  }
}
