import type { Store, StoreTransaction } from "../../../../src/control-plane/store/contract/store.ts";
import { CAPABILITIES, running } from "../node-executor.ts";
import type { TestDatabase } from "./engine.ts";
import { ACME, DECLARATION, newEvent, newExecutor, newKey, newNode, newPerson } from "./new-records.ts";

/** In epoch ms; what the filled store has is around it. */
export const T = Date.UTC(2026, 5, 1);
export const LINK_HASH = "a".repeat(64);
export const DEVICE_HASH = "b".repeat(64);

const reference = (id: string) => ({ id, name: id, fingerprint: "00000000" });

/**
 * Fills a store with something for each method: a lineage of three keys, of which two are equally
 * old; a key that is revoked and one in its grace; executors that moved, were refused and stopped;
 * nodes with revisions and reports; people, invitations, sessions, links and devices.
 */
export async function fill(database: TestDatabase, store: Store): Promise<void> {
  await store.transaction(async (transaction) => {
    await fillOrganizations(transaction);
    await fillKeys(transaction);
    await fillExecutors(transaction);
    await fillNodes(transaction);
  });
  for (const [id, expiresAt] of [
    ["s1", T + 1000],
    ["s2", T + 2000],
    ["s0", T],
  ] as const) {
    const text = `insert into "session" ("id", "expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent",
      "userId") values (?, ?, ?, ?, ?, ?, ?, ?)`;
    const at = new Date(T - 500).toISOString();
    const ends = new Date(expiresAt).toISOString();
    await database.sql(text, id, ends, `token of ${id}`, at, at, "192.0.2.1", null, "olga");
  }
  await fillActivity(store);
}

async function fillOrganizations({ organizations, people, links, devices, audit }: StoreTransaction) {
  await organizations.insert(ACME);
  await organizations.insert({ id: "bravo", name: "Bravo", slug: "b-slug", createdAt: 1 });
  await organizations.insert({ id: "cee", name: "Cee", slug: "cee", createdAt: 2 });
  await people.insert(newPerson("olga", { email: "Olga@Example.com", name: "Olga" }));
  await people.insert(newPerson("marta", { name: "Marta" }));
  await people.insertMember("acme", "olga", "owner", T);
  await people.insertMember("acme", "marta", "member", T);
  await people.insertMember("cee", "olga", "admin", T);
  const invitation = { organizationId: "acme", role: "admin", inviterId: "olga", createdAt: T } as const;
  for (const [id, expiresAt] of [
    ["i1", T + 1000],
    ["i2", T + 1000],
    ["i3", T],
  ] as const) {
    await people.insertInvitation({ ...invitation, id, email: `${id}@example.com`, expiresAt });
  }
  await people.endInvitation("i2", "canceled");
  const purpose = { kind: "sign-in", personId: "olga" } as const;
  await links.replace({ hash: LINK_HASH, purpose, createdAt: T, expiresAt: T + 1000 });
  await devices.keep({ hash: DEVICE_HASH, personId: "olga", lastUsedAt: T }, 5);
  for (const [n, id] of ["a1", "a2", "a3"].entries()) {
    await audit.insert(newEvent(id, { at: T + n, actorId: n === 0 ? "olga" : null }));
  }
  await audit.insert(newEvent("b1", { organizationId: "bravo", at: T + 9 }));
}

async function fillKeys({ keys }: StoreTransaction): Promise<void> {
  await keys.insert(newKey("k1", { createdAt: T - 9000 }));
  const target = { id: "e1", name: "fra-1" };
  await keys.insert(newKey("k2", { createdAt: T - 5000, lineageId: "k1", target }));
  await keys.insert(newKey("k3", { createdAt: T - 5000, lineageId: "k1", expiresAt: T + 9000 }));
  await keys.insert(newKey("k4", { createdAt: T - 4000 }));
  await keys.revoke("k4", T - 1000);
  await keys.insert(newKey("k5", { createdAt: T - 3000 }));
  await keys.endAt("k5", T + 500, T - 1000);
  await keys.insert(newKey("b1", { organizationId: "bravo" }));
}

async function fillExecutors({ executors }: StoreTransaction): Promise<void> {
  await executors.insert(newExecutor("e1", { name: "fra-1", createdAt: T - 8000, enrolledBy: "k1" }));
  await executors.bind("e1", { id: "k3", lineageId: "k1" }, "agent");
  await executors.insert(newExecutor("e2", { name: "ams-1", createdAt: T - 8000, enrolledBy: "k5" }));
  await executors.bind("e2", { id: "k5", lineageId: "k5" }, "operator");
  await executors.insert(newExecutor("e3", { name: "ber-1", version: "2.0.0", enrolledBy: "k5" }));
  await executors.insert(newExecutor("x1", { name: "fra-1", organizationId: "bravo", enrolledBy: "b1" }));
  await executors.bind("x1", { id: "b1", lineageId: "b1" }, "agent");
}

async function fillNodes({ nodes }: StoreTransaction): Promise<void> {
  await nodes.insert(newNode("n1", { name: "ltc-1" }), "Olga");
  await nodes.insert(newNode("n2", { name: "ltc-2" }), "Olga");
  const order = { ...newNode("n1"), revision: 2, desiredState: "stopped" } as const;
  await nodes.order(order, { at: T, actor: "Marta" });
  await nodes.setChangeNumber("e1", { changeNumber: 3, lostChanges: 1 });
}

async function fillActivity(store: Store): Promise<void> {
  const sync = { kind: "synced", declaration: DECLARATION, address: "192.0.2.7" } as const;
  await store.record([
    { ...sync, executorId: "e1", key: reference("k1"), at: T - 2000 },
    { ...sync, executorId: "e1", key: reference("k3"), at: T - 1000 },
    { ...sync, executorId: "e1", key: reference("k3"), at: T - 900 },
    { ...sync, executorId: "e2", key: reference("k5"), at: T - 60_000 },
    { ...sync, executorId: "e2", key: reference("k3"), at: T - 70_000 },
    { kind: "key-used", keyId: "k3", at: T - 900 },
    { kind: "stopped", executorId: "e2", at: T - 50_000 },
  ]);
  const refusal = { reason: "revoked", message: "It was revoked.", address: "192.0.2.8", at: T - 100 };
  const move = { cause: null, address: "192.0.2.7" };
  const transitions = [
    { kind: "online", at: T - 2000, ...move, key: reference("k1") },
    { kind: "key_changed", at: T - 1000, ...move },
  ] as const;
  await store.record([
    { kind: "key-refused", keyId: "k4", refusal: { ...refusal, executorId: null } },
    { kind: "refused", executorId: "e2", refusal: { ...refusal, key: reference("k4") } },
    { kind: "moved", executorId: "e1", transitions },
    {
      kind: "nodes-reported",
      executorId: "e1",
      seen: 2,
      capabilitiesHash: "hash",
      capabilities: CAPABILITIES,
      observed: new Map([["n1", running({ id: "n1", name: "ltc-1", revision: 1 })]]),
      isWhole: true,
      at: T - 900,
    },
  ]);
}
