import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NodesReported } from "../../../src/control-plane/store/contract/activity.ts";
import type { NewNode } from "../../../src/control-plane/store/contract/nodes.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";
import { CAPABILITIES, observed, running } from "../../support/control-plane/node-executor.ts";
import { tempDir } from "../../support/temp-dir.ts";

const NEW: NewNode = {
  id: "n1",
  organizationId: "acme",
  executorId: "e1",
  name: "ltc-1",
  revision: 1,
  lostChanges: 0,
  createdAt: 1,
  config: {
    chain: "litecoin",
    network: "regtest",
    nodeType: "full",
    clients: [{ role: "node", client: "litecoind", version: "0.21.4", allowDowngrade: false }],
    overrides: [],
    limits: [],
    ports: [],
  },
  desiredState: "running",
  restartGeneration: 0,
  deletion: null,
};

/** Two executors; the first has the nodes n1 and n2. */
async function filled() {
  const store = openSqliteStore(join(tempDir(), "cp.db"));
  onTestFinished(() => store.close());
  await store.transaction(async ({ organizations, executors, nodes }) => {
    await organizations.insert({ id: "acme", name: "Acme", slug: "acme", createdAt: 0 });
    const declaration = {
      version: "1",
      channel: "stable",
      hostName: "h",
      publicHost: null,
      capabilities: "{}",
      resources: "{}",
    };
    for (const id of ["e1", "e2"]) {
      await executors.insert({
        ...declaration,
        id,
        organizationId: "acme",
        name: id,
        kind: "agent",
        createdAt: 0,
        enrolledBy: "k",
      });
    }
    await nodes.insert(NEW, "somebody");
    await nodes.insert({ ...NEW, id: "n2", name: "ltc-2" }, "somebody");
    await nodes.setChangeNumber("e1", { changeNumber: 2, lostChanges: 0 });
  });
  const report = (facts: Partial<NodesReported>, ...nodes: readonly ObservedNode[]) =>
    store.record([
      {
        kind: "nodes-reported",
        executorId: "e1",
        seen: 2,
        capabilitiesHash: "one",
        capabilities: null,
        observed: new Map(nodes.map((node) => [node.id, node])),
        isWhole: false,
        at: 10,
        ...facts,
      },
    ]);
  const observations = async () =>
    (await store.nodes.listOfExecutor("e1")).map((node) => [
      node.observed?.processes[0]?.status ?? null,
      node.observedAt,
    ]);
  return { store, report, observations };
}

const [one, two] = ["1", "2"].map((n) => ({ id: `n${n}`, name: `ltc-${n}`, revision: 1 }));
const spec = (node: typeof one) => node ?? { id: "", name: "", revision: 1 };

describe("what is reported", () => {
  it("replaces what was reported of the same node, and of all others only if it is whole", async () => {
    const { report, observations } = await filled();
    await report({}, observed(spec(one)), observed(spec(two)));
    expect(await observations()).toEqual([
      ["starting", 10],
      ["starting", 10],
    ]);
    await report({ at: 20 }, running(spec(one)));
    expect(await observations()).toEqual([
      ["running", 20],
      ["starting", 10],
    ]);
    await report({ at: 30, isWhole: true }, running(spec(two)));
    expect(await observations()).toEqual([
      [null, null],
      ["running", 30],
    ]);
  });

  it("is written for the executor's own nodes alone", async () => {
    const { report, observations } = await filled();
    await report({ executorId: "e2", isWhole: true }, running(spec(one)));
    await report({ executorId: "gone" }, running(spec(one)));
    expect(await observations()).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it("is written for no node that was deleted, also one that was reported before", async () => {
    const { store, report, observations } = await filled();
    await report({}, running(spec(one)), running(spec(two)));
    await store.transaction(({ nodes }) => nodes.delete("n1"));
    await report({ at: 20 }, running(spec(one)), observed(spec(two)));
    expect(await observations()).toEqual([["starting", 20]]);
    await store.transaction(({ nodes }) => nodes.insert(NEW, "somebody"));
    expect(await observations()).toContainEqual([null, null]);
  });

  it("moves neither the change number nor the revision of the store", async () => {
    const { store, report } = await filled();
    const before = await store.revision();
    await report({ seen: 1 }, running(spec(one)));
    expect(await store.revision()).toBe(before);
    expect(await store.nodes.ofExecutor("e1")).toMatchObject({ changeNumber: 2, lostChanges: 0, seen: 1 });
  });
});

describe("capabilities", () => {
  it("are kept once for each hash, as long as an executor reports it", async () => {
    const { store, report } = await filled();
    await report({ capabilities: CAPABILITIES });
    await report({ executorId: "e2" });
    expect(await store.nodes.capabilitiesOf("e2")).toEqual(CAPABILITIES);
    const none = { capabilitiesHash: "two", capabilities: { chains: [] } };
    await report(none);
    expect(await store.nodes.capabilitiesOf("e1")).toEqual({ chains: [] });
    expect(await store.nodes.hasCapabilities("one")).toBe(true);
    await report({ ...none, executorId: "e2" });
    expect(await store.nodes.hasCapabilities("one")).toBe(false);
  });

  it("stay those before while a new hash is not known", async () => {
    const { store, report } = await filled();
    await report({ capabilities: CAPABILITIES });
    await report({ capabilitiesHash: "unknown" });
    expect(await store.nodes.ofExecutor("e1")).toMatchObject({ capabilitiesHash: "one" });
    expect(await store.nodes.capabilitiesOf("e1")).toEqual(CAPABILITIES);
  });
});

describe("nodes", () => {
  it("have one name on an executor, and their executor is not deleted under them", async () => {
    const { store } = await filled();
    await expect(store.transaction(({ nodes }) => nodes.insert({ ...NEW, id: "n3" }, "x"))).rejects.toThrow(
      /UNIQUE/,
    );
    await expect(store.transaction(({ executors }) => executors.delete("e1"))).rejects.toThrow(/FOREIGN KEY/);
    expect(await store.nodes.listOfExecutor("e1")).toHaveLength(2);
  });

  it("take their revisions and observations with them", async () => {
    const { store, report } = await filled();
    await report({}, running(spec(one)));
    await store.transaction(async ({ nodes }) => {
      await nodes.order({ ...NEW, revision: 2, desiredState: "stopped" }, { at: 5, actor: "somebody" });
    });
    expect(await store.nodes.revisions("n1", 10)).toMatchObject([
      { revision: 2, desiredState: "stopped", at: 5, actor: "somebody" },
      { revision: 1, desiredState: "running", at: 1 },
    ]);
    await store.transaction(({ nodes }) => nodes.delete("n1"));
    expect(await store.nodes.revisions("n1", 10)).toEqual([]);
    expect(await store.nodes.byId("n1")).toBeUndefined();
  });

  it("are listed by their filters, also those whose data is kept", async () => {
    const { store } = await filled();
    await store.transaction(({ nodes }) => nodes.setGone("n1"));
    const page = { limit: 10, before: null, search: null, executorId: null, chain: null };
    expect((await store.nodes.list("acme", page)).map(({ id }) => id)).toEqual(["n2", "n1"]);
    expect((await store.nodes.listOfExecutor("e1")).map(({ id, isGone }) => [id, isGone])).toEqual([
      ["n1", true],
      ["n2", false],
    ]);
    expect(await store.nodes.list("other", page)).toEqual([]);
    expect(await store.nodes.list("acme", { ...page, chain: "bitcoin" })).toEqual([]);
    expect(await store.nodes.list("acme", { ...page, executorId: "e2" })).toEqual([]);
    expect(await store.nodes.list("acme", { ...page, search: "LTC-2" })).toHaveLength(1);
  });
});
