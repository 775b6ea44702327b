import { describe, expect, it } from "vitest";
import type { NodesReported } from "../../../../src/control-plane/store/contract/activity.ts";
import type { NodePage } from "../../../../src/control-plane/store/contract/nodes.ts";
import {
  type StoreTransaction,
  StoreUnavailable,
} from "../../../../src/control-plane/store/contract/store.ts";
import type { ObservedNode } from "../../../../src/protocol/nodes/observed-node.ts";
import { CAPABILITIES, observed, running } from "../../../support/control-plane/node-executor.ts";
import { type StoreEngine, storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, newExecutor, newNode } from "../../../support/control-plane/store/new-records.ts";

const NEW = newNode("n1", { name: "ltc-1" });

const PAGE: NodePage = { limit: 10, before: null, search: null, executorId: null, chain: null };

/** Two executors; the first has the nodes n1 and n2. */
async function filled(engine: StoreEngine) {
  const store = await storeOf(engine);
  await store.transaction(async ({ organizations, executors, nodes }) => {
    await organizations.insert(ACME);
    await executors.insert(newExecutor("e1"));
    await executors.insert(newExecutor("e2"));
    await nodes.insert(NEW, "somebody");
    await nodes.insert(newNode("n2", { name: "ltc-2" }), "somebody");
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

describe.each(engines)("of nodes in $name,", (engine) => {
  describe("what is reported", () => {
    it("replaces what was reported of the same node, and of all others only if it is whole", async () => {
      const { report, observations } = await filled(engine);
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
      const { report, observations } = await filled(engine);
      await report({ executorId: "e2", isWhole: true }, running(spec(one)));
      await report({ executorId: "gone" }, running(spec(one)));
      expect(await observations()).toEqual([
        [null, null],
        [null, null],
      ]);
    });

    it("is written for no node that was deleted, also one that was reported before", async () => {
      const { store, report, observations } = await filled(engine);
      await report({}, running(spec(one)), running(spec(two)));
      await store.transaction(({ nodes }) => nodes.delete("n1"));
      await report({ at: 20 }, running(spec(one)), observed(spec(two)));
      expect(await observations()).toEqual([["starting", 20]]);
      await store.transaction(({ nodes }) => nodes.insert(NEW, "somebody"));
      expect(await observations()).toContainEqual([null, null]);
    });

    it("moves neither the change number nor the revision of the store", async () => {
      const { store, report } = await filled(engine);
      const before = await store.revision();
      await report({ seen: 1 }, running(spec(one)));
      expect(await store.revision()).toBe(before);
      expect(await store.nodes.ofExecutor("e1")).toMatchObject({ changeNumber: 2, lostChanges: 0, seen: 1 });
    });
  });

  describe("capabilities", () => {
    it("are kept once for each hash, as long as an executor reports it", async () => {
      const { store, report } = await filled(engine);
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
      const { store, report } = await filled(engine);
      await report({ capabilities: CAPABILITIES });
      await report({ capabilitiesHash: "unknown" });
      expect(await store.nodes.ofExecutor("e1")).toMatchObject({ capabilitiesHash: "one" });
      expect(await store.nodes.capabilitiesOf("e1")).toEqual(CAPABILITIES);
    });
  });

  describe("nodes", () => {
    it("have one name on an executor, and their executor is not deleted under them", async () => {
      const { store } = await filled(engine);
      const same = newNode("n3", { name: "ltc-1" });
      for (const refused of [
        store.transaction(({ nodes }) => nodes.insert(same, "x")),
        store.transaction(({ executors }) => executors.delete("e1")),
      ]) {
        await expect(refused).rejects.toSatisfy((error) => !(error instanceof StoreUnavailable));
      }
      expect(await store.nodes.listOfExecutor("e1")).toHaveLength(2);
    });

    it("take their revisions and observations with them", async () => {
      const { store, report } = await filled(engine);
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

    it("keep each order as it was given, and what became of it", async () => {
      const { store } = await filled(engine);
      const deletion = { keepData: true, at: 9 };
      await store.transaction(async ({ nodes }) => {
        const order = { ...NEW, revision: 2, lostChanges: 3, restartGeneration: 4, deletion };
        await nodes.order({ ...order, desiredState: "stopped" }, { at: 5, actor: "Ömer" });
        await nodes.setGone("n1");
      });
      const expected = { desiredState: "stopped", restartGeneration: 4, deletion, revision: 2 };
      expect(await store.nodes.byId("n1")).toMatchObject({
        ...expected,
        lostChanges: 3,
        isGone: true,
        createdAt: 1,
        updatedAt: 5,
        observed: null,
      });
      expect(await store.nodes.revisions("n1", 1)).toMatchObject([{ ...expected, at: 5, actor: "Ömer" }]);
      expect((await store.nodes.ofExecutor("e1")).nodes).toContainEqual({
        id: "n1",
        name: "ltc-1",
        desiredState: "stopped",
        deletion,
        isGone: true,
      });
    });

    it("are listed by their filters, also those whose data is kept", async () => {
      const { store } = await filled(engine);
      await store.transaction(({ nodes }) => nodes.setGone("n1"));
      const ids = async (facts: Partial<NodePage>, organizationId = "acme") =>
        (await store.nodes.list(organizationId, { ...PAGE, ...facts })).map(({ id }) => id);
      expect(await ids({})).toEqual(["n2", "n1"]);
      expect((await store.nodes.listOfExecutor("e1")).map(({ id, isGone }) => [id, isGone])).toEqual([
        ["n1", true],
        ["n2", false],
      ]);
      expect(await ids({}, "other")).toEqual([]);
      expect(await ids({ chain: "bitcoin" })).toEqual([]);
      expect(await ids({ chain: "litecoin", limit: 1 })).toEqual(["n2"]);
      expect(await ids({ executorId: "e2" })).toEqual([]);
      expect(await ids({ executorId: "e1", before: "n2" })).toEqual(["n1"]);
      expect(await ids({ before: "n1" })).toEqual([]);
      expect(await ids({ before: "nobody" })).toEqual([]);
      expect(await ids({ search: "LTC-2" })).toEqual(["n2"]);
      expect(await ids({ search: "n1" })).toEqual(["n1"]);
      for (const search of ["%", "_", "LTC_2", "N1", "ltc-3"]) {
        expect(await ids({ search }), search).toEqual([]);
      }
    });

    it("change their executor's list for every control plane: the revision of the store moves", async () => {
      const { store } = await filled(engine);
      const changes: readonly ((transaction: StoreTransaction) => Promise<void>)[] = [
        ({ nodes }) => nodes.insert(newNode("n3"), "x"),
        ({ nodes }) => nodes.order({ ...NEW, revision: 2, desiredState: "stopped" }, { at: 5, actor: "x" }),
        ({ nodes }) => nodes.setGone("n1"),
        ({ nodes }) => nodes.setChangeNumber("e1", { changeNumber: 3, lostChanges: 0 }),
        ({ nodes }) => nodes.setChangeNumber("e1", { changeNumber: 3, lostChanges: 1 }),
        ({ nodes }) => nodes.delete("n1"),
      ];
      for (const change of changes) {
        const before = await store.revision();
        await store.transaction(change);
        expect(await store.revision()).not.toBe(before);
      }
    });
  });
});
