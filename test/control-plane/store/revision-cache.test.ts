import { expect, it } from "vitest";
import type { PresentedKey } from "../../../src/control-plane/store/contract/keys.ts";
import { StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";
import { cachedLookups } from "../../../src/control-plane/store/revision-cache.ts";
import { eventually } from "../../support/eventually.ts";

const NO_NODES = { changeNumber: 0, lostChanges: 0, seen: null, capabilitiesHash: null, nodes: [] };

/** A store of one key, which counts how often it is read. A read waits for `gate`. */
function countingStore() {
  const state = { revision: "1", reads: 0, name: "one", gate: Promise.resolve() };
  const lookups = cachedLookups({
    revision: async () => state.revision,
    changes: () => undefined,
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
