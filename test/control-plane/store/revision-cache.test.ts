import { join } from "node:path";
import { Kysely } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PresentedKey } from "../../../src/control-plane/store/contract/keys.ts";
import { type StoreTransaction, StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";
import { cachedLookups } from "../../../src/control-plane/store/revision-cache.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

const NO_NODES = { changeNumber: 0, lostChanges: 0, seen: null, capabilitiesHash: null, nodes: [] };

/** A store of one key, which counts how often it is read. A read waits for `gate`. */
function countingStore() {
  const state = { revision: "1", reads: 0, name: "one", gate: Promise.resolve() };
  const lookups = cachedLookups({
    revision: async () => state.revision,
    keys: {
      async byHash(hash) {
        state.reads += 1;
        const found = hash === "a" ? keyNamed(state.name) : undefined;
        await state.gate;
        return found;
      },
      hasSuccessor: async () => false,
    },
    executors: { bound: async () => undefined },
    nodes: { ofExecutor: async () => NO_NODES },
  });
  const nameOf = async (hash: string) => (await lookups.keys.byHash(hash))?.name;
  return { state, nameOf };
}

function keyNamed(name: string): PresentedKey {
  return {
    id: "k",
    name,
    fingerprint: "00000000",
    organization: { id: "o", name: "Acme", slug: "acme" },
    createdAt: 0,
    expiresAt: null,
    isEnabled: true,
    revokedAt: null,
    revokesAt: null,
    lineageId: "k",
    target: null,
    damaged: [],
  };
}

it("reads once as long as the revision stays the same", async () => {
  const { state, nameOf } = countingStore();
  expect([await nameOf("a"), await nameOf("a"), await nameOf("a")]).toEqual(["one", "one", "one"]);
  expect(state.reads).toBe(1);
});

it("reads again for every revision", async () => {
  const { state, nameOf } = countingStore();
  for (const revision of ["2", "3"]) {
    await nameOf("a");
    Object.assign(state, { revision, name: revision });
    expect(await nameOf("a")).toBe(revision);
  }
  expect(state.reads).toBe(3);
});

it("reads missing values every time", async () => {
  const { state, nameOf } = countingStore();
  expect([await nameOf("b"), await nameOf("b")]).toEqual([undefined, undefined]);
  expect(state.reads).toBe(2);
});

it("reads again after a read that failed", async () => {
  const { state, nameOf } = countingStore();
  state.gate = Promise.reject(new StoreUnavailable("busy"));
  await expect(Promise.all([nameOf("a"), nameOf("a")])).rejects.toThrow(StoreUnavailable);
  state.gate = Promise.resolve();
  expect(await nameOf("a")).toBe("one");
});

it("does not keep what was read before a change, even if the read ends after it", async () => {
  const { state, nameOf } = countingStore();
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  const slow = nameOf("a");
  await eventually(async () => state.reads === 1, { describe: "the slow read" });
  Object.assign(state, { revision: "2", name: "two", gate: Promise.resolve() });
  expect(await nameOf("a")).toBe("two");
  gate.resolve();
  expect(await slow).toBe("one");
  expect(await nameOf("a")).toBe("two");
});

describe("what every sync reads", () => {
  const HASH = "h".repeat(43);
  const declaration = {
    version: "0.1.0",
    channel: "stable",
    hostName: "h",
    publicHost: null,
    capabilities: "{}",
    resources: "{}",
  };

  /** Two control planes on one database, each of which has seen an executor bound to a key. */
  async function twoStores() {
    const path = join(tempDir(), "cp.db");
    const [one, other] = [openSqliteStore(path), openSqliteStore(path)];
    onTestFinished(async () => {
      await one.close();
      await other.close();
    });
    const key = { name: "prod", start: "exc_aa", organizationId: "o", createdAt: 0, expiresAt: null };
    const target = { target: null };
    const executor = {
      id: "x",
      organizationId: "o",
      name: "agent-1",
      kind: "agent",
      createdAt: 0,
      enrolledBy: "k",
    };
    await one.transaction(async (transaction) => {
      await transaction.organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
      await transaction.keys.insert({ ...key, ...target, id: "k", hash: HASH, lineageId: "k" });
      await transaction.keys.insert({ ...key, ...target, id: "k2", hash: "2".repeat(43), lineageId: "k2" });
      await transaction.executors.insert({ ...executor, ...declaration });
      await transaction.executors.bind("x", { id: "k", lineageId: "k" }, "agent");
    });
    const cached = [
      { store: one, ...cachedLookups(one) },
      { store: other, ...cachedLookups(other) },
    ] as const;
    for (const lookups of [...cached, ...cached]) {
      expect(await lookups.keys.byHash(HASH)).toMatchObject({ id: "k", isEnabled: true });
      expect(await lookups.executors.bound("o", "agent-1")).toMatchObject({ keyId: "k", lineageId: "k" });
    }
    return cached;
  }

  it.each([
    ["revoked", (t: StoreTransaction) => t.keys.revoke("k", 5), { isEnabled: false, revokedAt: 5 }],
    ["ended later", (t: StoreTransaction) => t.keys.endAt("k", 9, 5), { revokesAt: 9 }],
    ["deleted", (t: StoreTransaction) => t.keys.delete("k"), undefined],
  ])("is read anew by every control plane once a key was %s", async (_what, change, expected) => {
    const both = await twoStores();
    await both[0].store.transaction(change);
    for (const { keys } of both) {
      const found = await keys.byHash(HASH);
      if (expected === undefined) {
        expect(found).toBeUndefined();
      } else {
        expect(found).toMatchObject(expected);
      }
    }
  });

  it("is read anew by every control plane once an executor has another key", async () => {
    const both = await twoStores();
    await both[1].store.transaction((transaction) =>
      transaction.executors.bind("x", { id: "k2", lineageId: "k2" }, "agent"),
    );
    for (const { keys, executors } of both) {
      expect(await keys.byHash(HASH)).toMatchObject({ id: "k" });
      expect(await executors.bound("o", "agent-1")).toMatchObject({ keyId: "k2", lineageId: "k2" });
    }
  });

  it("stays as it was while a transaction is open, and after one that failed", async () => {
    const [{ store, keys }] = await twoStores();
    const failed = store.transaction(async (transaction) => {
      await transaction.keys.revoke("k", 5);
      expect(await keys.byHash(HASH)).toMatchObject({ isEnabled: true });
      throw new Error("on purpose");
    });
    await expect(failed).rejects.toThrow("on purpose");
    expect(await keys.byHash(HASH)).toMatchObject({ isEnabled: true });
  });

  it("is read anew after a commit, also where it was asked for while the transaction was open", async () => {
    const [{ store, keys, executors }] = await twoStores();
    await store.transaction(async (transaction) => {
      await transaction.keys.revoke("k", 5);
      await transaction.executors.bind("x", { id: "k2", lineageId: "k2" }, "agent");
      expect(await keys.byHash(HASH)).toMatchObject({ isEnabled: true });
      expect(await executors.bound("o", "agent-1")).toMatchObject({ keyId: "k", lineageId: "k" });
    });
    expect(await keys.byHash(HASH)).toMatchObject({ isEnabled: false });
    expect(await executors.bound("o", "agent-1")).toMatchObject({ keyId: "k2", lineageId: "k2" });
  });

  it("is read anew after what better-auth wrote", async () => {
    const [{ store, keys }] = await twoStores();
    const database = new Kysely<{ organization: { id: string; name: string } }>(store.betterAuthDatabase());
    await database.updateTable("organization").set({ name: "Globex" }).where("id", "=", "o").execute();
    expect(await keys.byHash(HASH)).toMatchObject({ organization: { name: "Globex" } });
  });

  it("is not read again for what syncs leave behind", async () => {
    const [{ store }] = await twoStores();
    const before = await store.revision();
    await store.record([{ kind: "key-used", keyId: "k", at: 7 }]);
    expect(await store.revision()).toBe(before);
    expect((await store.keys.byId("k"))?.lastUsedAt).toBe(7);
  });

  it("is not answered from memory once the database is closed", async () => {
    const [{ store, keys }] = await twoStores();
    await store.close();
    await expect(keys.byHash(HASH)).rejects.toThrow(StoreUnavailable);
  });
});
