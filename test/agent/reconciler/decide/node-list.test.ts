import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  acceptList,
  endNode,
  NO_NODES,
  type NodeList,
  withoutNode,
} from "../../../../src/agent/reconciler/decide/node-list.ts";
import { held, listOf, makeSpec, ORGANIZATION, replyOf } from "../../../support/agent/nodes.ts";
import { runs } from "../../../support/runs.ts";

const specs = ["a", "b", "c", "d"].map((name) => makeSpec(name));
const known = listOf(specs);
const none: ReadonlySet<string> = new Set();

function accept(list: NodeList, reply: ReturnType<typeof replyOf>, organizationId = ORGANIZATION) {
  return acceptList(list, { organizationId, reply }, none);
}

function names(list: NodeList): string[] {
  return list.nodes.map(({ spec }) => spec.name);
}

describe("what counts for nothing", () => {
  it("is an answer without a list", () => {
    expect(accept(known, replyOf([], { list: null, count: 4 }))).toEqual({ list: known, findings: [] });
  });

  it("is a list that came back short", () => {
    const { list, findings } = accept(known, replyOf(specs.slice(0, 2), { count: 4 }));
    expect(list).toBe(known);
    expect(findings).toEqual([{ kind: "refused", why: "it has 2 nodes and says that it has 4" }]);
  });

  it("is a list that has a node twice", () => {
    const stopped = makeSpec("a", { revision: 2, desiredState: "stopped" });
    for (const again of [
      stopped,
      makeSpec("a", { revision: 3 }),
      makeSpec("e", { id: "id-a", revision: 3 }),
    ]) {
      const { list, findings } = accept(known, replyOf([stopped, ...specs.slice(1), again]));
      expect(list).toBe(known);
      expect(findings).toMatchObject([{ kind: "refused", why: expect.stringContaining("twice") }]);
    }
  });

  it("is an older list, with or without its nodes", () => {
    for (const list of [[], null]) {
      const accepted = accept(known, replyOf([], { changeNumber: 9, list }));
      expect(accepted.list).toBe(known);
      expect(accepted.findings).toMatchObject([{ kind: "refused", isOlder: true }]);
    }
  });

  it("is an older revision of a node, also if its number is the same and the list is newer", () => {
    const before = listOf([makeSpec("a", { revision: 5 })]);
    const { list, findings } = accept(
      before,
      replyOf([makeSpec("a", { revision: 4, desiredState: "stopped" })]),
    );
    expect(list.nodes[0]?.spec).toMatchObject({ revision: 5, desiredState: "running" });
    expect(findings).toEqual([{ kind: "older-revision", name: "a", held: 5, given: 4 }]);
  });

  it("is a deletion that is taken back: its data may be gone", () => {
    const before = listOf([makeSpec("a", { revision: 2, deletion: { keepData: false } })]);
    const { list } = accept(before, replyOf([makeSpec("a", { revision: 3 })]));
    expect(list.nodes[0]?.spec.deletion).toEqual({ keepData: false });
  });
});

describe("a node that is missing from a list", () => {
  it("goes on, is unlisted, and is named once", () => {
    const first = accept(known, replyOf([]));
    expect(names(first.list)).toEqual(["a", "b", "c", "d"]);
    expect(first.list.nodes.every(({ isUnlisted, spec }) => isUnlisted && spec.deletion === null)).toBe(true);
    expect(first.findings).toEqual([{ kind: "unlisted", names: ["a", "b", "c", "d"] }]);
    expect(accept(first.list, replyOf([], { changeNumber: 12 })).findings).toEqual([]);
  });

  it("is listed again once a list has it", () => {
    const { list } = accept(known, replyOf([]));
    const again = accept(list, replyOf(specs, { changeNumber: 12 })).list;
    expect(again.nodes.map(({ isUnlisted }) => isUnlisted)).toEqual([false, false, false, false]);
  });

  it("leaves once the control plane has heard that its data is deleted", () => {
    const before = endNode(listOf([makeSpec("a", { deletion: { keepData: false } })]), "id-a", "deleted");
    expect(names(accept(before, replyOf([])).list)).toEqual([]);
  });

  it("stays with its name if its data was kept, until it is purged", () => {
    const before = endNode(listOf([makeSpec("a", { deletion: { keepData: true } })]), "id-a", "kept");
    const { list, findings } = accept(before, replyOf([makeSpec("a", { id: "new" })]));
    expect(list.nodes).toMatchObject([{ end: "kept", spec: { id: "id-a" } }]);
    expect(list.waiting).toMatchObject([{ id: "new" }]);
    expect(findings).toEqual([{ kind: "name-in-use", name: "a" }]);
    const purged = accept(
      withoutNode(list, "a"),
      replyOf([makeSpec("a", { id: "new" })], { changeNumber: 12 }),
    );
    expect(purged.list).toMatchObject({ nodes: [{ spec: { id: "new" }, end: null }], waiting: [] });
  });
});

describe("another organization", () => {
  it("never changes what an earlier one ordered, and has nodes of its own", () => {
    const stop = specs.map((spec) => ({ ...spec, revision: 9, deletion: { keepData: false } }));
    const { list } = accept(known, replyOf([...stop, makeSpec("e")], { changeNumber: 1 }), "org-2");
    expect(list.nodes.slice(0, 4)).toEqual(known.nodes.map((node) => ({ ...node, isUnlisted: true })));
    expect(list.nodes[4]).toMatchObject({ organizationId: "org-2", isUnlisted: false, spec: { name: "e" } });
    expect(list).toMatchObject({ organizationId: "org-2", changeNumber: 1 });
    expect(list.waiting).toHaveLength(4);
  });
});

describe("a reused name", () => {
  it("waits until the data of the earlier node is gone", () => {
    const old = makeSpec("a", { deletion: { keepData: false } });
    const both = [old, makeSpec("a", { id: "new" })];
    const first = accept(listOf([old]), replyOf(both)).list;
    expect(first).toMatchObject({ nodes: [{ spec: { id: "id-a" } }], waiting: [{ id: "new" }] });
    const gone = endNode(first, "id-a", "deleted");
    const second = accept(gone, replyOf([makeSpec("a", { id: "new" })], { changeNumber: 12 })).list;
    expect(second).toMatchObject({ nodes: [{ spec: { id: "new" }, end: null }], waiting: [] });
  });
});

describe("many stops in one list", () => {
  const all = new Set(["a", "b", "c", "d"]);
  const stopped = (count: number) =>
    specs.map((spec, index) =>
      index < count ? { ...spec, revision: 2, desiredState: "stopped" as const } : { ...spec },
    );

  it("are slow if they are three and more than a third of those that run", () => {
    const { list, findings } = acceptList(
      known,
      { organizationId: ORGANIZATION, reply: replyOf(stopped(3)) },
      all,
    );
    expect(list.nodes.map(({ isSlow }) => isSlow)).toEqual([true, true, true, false]);
    expect(findings).toEqual([{ kind: "slowed", names: ["a", "b", "c"] }]);
  });

  it("are not slow if they are two, or not more than a third", () => {
    const two = acceptList(known, { organizationId: ORGANIZATION, reply: replyOf(stopped(2)) }, all).list;
    expect(two.nodes.some(({ isSlow }) => isSlow)).toBe(false);
    const nine = Array.from({ length: 9 }, (_, index) => makeSpec(`n${index}`));
    const three = nine.map((spec, index) =>
      index < 3 ? { ...spec, revision: 2, deletion: { keepData: true } } : spec,
    );
    const running = new Set(nine.map(({ name }) => name));
    const reply = replyOf(three);
    const { list } = acceptList(listOf(nine), { organizationId: ORGANIZATION, reply }, running);
    expect(list.nodes.some(({ isSlow }) => isSlow)).toBe(false);
  });

  it("stay slow in the next list, and are not once they are wanted again", () => {
    const first = acceptList(known, { organizationId: ORGANIZATION, reply: replyOf(stopped(4)) }, all).list;
    const again = replyOf(stopped(4), { changeNumber: 12 });
    const second = acceptList(first, { organizationId: ORGANIZATION, reply: again }, all).list;
    expect(second.nodes.map(({ isSlow }) => isSlow)).toEqual([true, true, true, true]);
    const wanted = replyOf(
      specs.map((spec) => ({ ...spec, revision: 3 })),
      { changeNumber: 13 },
    );
    const third = acceptList(second, { organizationId: ORGANIZATION, reply: wanted }, all).list;
    expect(third.nodes.some(({ isSlow }) => isSlow)).toBe(false);
  });
});

it("ends no node and takes none away without an order that names it", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const spec = fc
    .record({
      name,
      id: fc.constantFrom("1", "2"),
      revision: fc.integer({ min: 1, max: 4 }),
      desiredState: fc.constantFrom("running" as const, "stopped" as const),
      isDeleted: fc.boolean(),
    })
    .map(({ name: own, isDeleted, id, ...rest }) =>
      makeSpec(own, { ...rest, id: `${own}${id}`, deletion: isDeleted ? { keepData: false } : null }),
    );
  const answer = fc.record({
    organizationId: fc.constantFrom("x", "x", "x", "y"),
    specs: fc.uniqueArray(spec, { selector: ({ id }) => id, maxLength: 6 }),
    changeNumber: fc.nat(8),
    surplus: fc.constantFrom(0, 0, 0, 1),
  });
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 12 }), (answers) => {
      let list = NO_NODES;
      for (const { organizationId, specs: given, changeNumber, surplus } of answers) {
        const reply = replyOf(given, { changeNumber, count: given.length + surplus });
        const next = acceptList(list, { organizationId, reply }, none).list;
        for (const { spec: old, organizationId: owner, end } of list.nodes) {
          const now = next.nodes.find((node) => node.spec.name === old.name);
          if (now === undefined) {
            expect(end).toBe("deleted");
            continue;
          }
          const order = given.find(({ id }) => id === old.id);
          if (JSON.stringify(now.spec) !== JSON.stringify(old)) {
            expect([owner, surplus]).toEqual([organizationId, 0]);
            expect(now.spec).toEqual(order);
            expect(now.spec.revision).toBeGreaterThanOrEqual(old.revision);
          }
        }
        list = next;
      }
    }),
    { numRuns: runs(300) },
  );
});

it("keeps a node of one organization as it was when it comes back after another", () => {
  const away = acceptList(
    known,
    { organizationId: "org-2", reply: replyOf([], { changeNumber: 3 }) },
    none,
  ).list;
  const back = acceptList(away, { organizationId: ORGANIZATION, reply: replyOf(specs) }, none).list;
  expect(back.nodes).toEqual(specs.map((spec) => held(spec)));
});
