import { describe, expect, it } from "vitest";
import {
  acceptList,
  endNode,
  isWantedRunning,
  NO_NODES,
  type NodeList,
  withoutNode,
} from "../../../../src/agent/reconciler/decide/node-list.ts";
import { MAX_NODES, type NodeSpec } from "../../../../src/protocol/nodes/node-spec.ts";
import { held, listOf, makeSpec, ORGANIZATION, replyOf } from "../../../support/agent/nodes.ts";

/** The edges of the rules of node-list.test.ts. */

const none: ReadonlySet<string> = new Set();

function accept(
  known: NodeList,
  specs: readonly NodeSpec[],
  more: {
    readonly changeNumber?: number;
    readonly organizationId?: string;
    readonly running?: ReadonlySet<string>;
  } = {},
) {
  const { changeNumber = 11, organizationId = ORGANIZATION, running = none } = more;
  return acceptList(known, { organizationId, reply: replyOf(specs, { changeNumber }) }, running);
}

describe("the number of a list", () => {
  const [a] = [makeSpec("a")];

  it("may be the same again, and is compared within an organization only", () => {
    expect(accept(listOf([a]), [a], { changeNumber: 10 }).findings).toEqual([]);
    expect(accept(listOf([a]), [], { changeNumber: 1, organizationId: "org-2" }).findings).toMatchObject([
      { kind: "unlisted" },
    ]);
    expect(accept(NO_NODES, [a], { changeNumber: 0 }).list.changeNumber).toBe(0);
    expect(accept({ ...listOf([a]), changeNumber: null }, [a], { changeNumber: 0 }).findings).toEqual([]);
    expect(accept(listOf([a]), [a], { changeNumber: 9 }).findings).toMatchObject([
      { kind: "refused", why: expect.stringContaining("its number is 9, and the host already has list 10") },
    ]);
  });

  it("is the list itself if nothing else is new", () => {
    const known = listOf([a]);
    expect(accept(known, [a], { changeNumber: 10 }).list).toBe(known);
    expect(accept(known, [a]).list).toMatchObject({ changeNumber: 11, nodes: known.nodes });
  });
});

describe("a revision", () => {
  it("of the same number replaces what is held", () => {
    const { list, findings } = accept(listOf([makeSpec("a")]), [makeSpec("a", { restartGeneration: 1 })]);
    expect(findings).toEqual([]);
    expect(list.nodes[0]?.spec.restartGeneration).toBe(1);
  });

  it("of a deletion may change whether the data is kept", () => {
    const before = listOf([makeSpec("a", { deletion: { keepData: true } })]);
    const { list } = accept(before, [makeSpec("a", { revision: 2, deletion: { keepData: false } })]);
    expect(list.nodes[0]?.spec.deletion).toEqual({ keepData: false });
  });
});

describe("what a host holds", () => {
  it("is bounded, and what has no place waits and is said once", () => {
    const most = Array.from({ length: 2 * MAX_NODES }, (_, n) => makeSpec(`n${n}`));
    const full = accept(NO_NODES, most).list;
    expect(full.nodes).toHaveLength(2 * MAX_NODES);
    const more = [...most, makeSpec("more")];
    const first = accept(full, more, { changeNumber: 12 });
    expect(first.list.waiting.map(({ name }) => name)).toEqual(["more"]);
    expect(first.findings).toEqual([{ kind: "name-in-use", name: "more" }]);
    expect(accept(first.list, more, { changeNumber: 13 }).findings).toEqual([]);
  });

  it("has a new node as listed, not slow and not ended", () => {
    for (const spec of [makeSpec("a"), makeSpec("a", { desiredState: "stopped" })]) {
      expect(accept(NO_NODES, [spec]).list.nodes).toEqual([held(spec)]);
    }
  });

  it("lets another organization have neither its names nor its nodes", () => {
    const { list, findings } = accept(listOf([makeSpec("a")]), [makeSpec("a")], { organizationId: "org-2" });
    expect(list.waiting.map(({ name }) => name)).toEqual(["a"]);
    expect(list.nodes).toMatchObject([{ organizationId: ORGANIZATION, isUnlisted: true }]);
    expect(findings.map(({ kind }) => kind)).toEqual(["name-in-use", "unlisted"]);
  });

  it("drops a deleted node only when the list no longer has it", () => {
    const spec = makeSpec("a", { deletion: { keepData: false } });
    const ended = endNode(listOf([spec]), "id-a", "deleted");
    expect(accept(ended, [spec]).list.nodes).toHaveLength(1);
    expect(accept(ended, []).list.nodes).toEqual([]);
  });

  it("does not say of a node that has ended that it is unlisted", () => {
    const kept = endNode(listOf([makeSpec("a", { deletion: { keepData: true } })]), "id-a", "kept");
    expect(accept(kept, []).findings).toEqual([]);
  });

  it("says of each node once that it is unlisted", () => {
    const known = listOf([makeSpec("a"), makeSpec("b")]);
    const first = accept(known, [makeSpec("b")]);
    expect(first.findings).toEqual([{ kind: "unlisted", names: ["a"] }]);
    expect(accept(first.list, [], { changeNumber: 12 }).findings).toEqual([
      { kind: "unlisted", names: ["b"] },
    ]);
  });

  it("changes only at the node that ended or was forgotten", () => {
    const nodes = ["a", "b"].map((name) => held(makeSpec(name), { isSlow: true }));
    const known = { ...listOf([]), nodes };
    expect(endNode(known, "id-a", "kept").nodes).toEqual([
      { ...nodes[0], end: "kept", isSlow: false },
      nodes[1],
    ]);
    expect(withoutNode(known, "a").nodes).toEqual([nodes[1]]);
  });

  it("is wanted to run if it is neither stopped nor deleted", () => {
    expect(isWantedRunning({ spec: makeSpec("a") })).toBe(true);
    expect(isWantedRunning({ spec: makeSpec("a", { desiredState: "stopped" }) })).toBe(false);
    expect(isWantedRunning({ spec: makeSpec("a", { deletion: { keepData: true } }) })).toBe(false);
  });
});

describe("many stops", () => {
  const specs = ["a", "b", "c", "d"].map((name) => makeSpec(name));
  const stop = (spec: NodeSpec): NodeSpec => ({ ...spec, revision: 2, desiredState: "stopped" });
  const slowOf = ({ list }: ReturnType<typeof accept>) => list.nodes.filter(({ isSlow }) => isSlow).length;
  const running = new Set(["a", "b", "c", "d"]);

  it("count what runs and was wanted to run, and no node that is down or was stopped before", () => {
    expect(slowOf(accept(listOf(specs), specs.map(stop), { running: new Set(["a", "b"]) }))).toBe(0);
    const stopped = listOf(specs.map((spec, n) => (n < 2 ? { ...spec, desiredState: "stopped" } : spec)));
    expect(slowOf(accept(stopped, specs.map(stop), { running }))).toBe(0);
  });

  it("do not count nodes that are only missing from the list", () => {
    const result = accept(listOf(specs), specs.slice(0, 2).map(stop), { running });
    expect(slowOf(result)).toBe(0);
    expect(result.findings.map(({ kind }) => kind)).toEqual(["unlisted"]);
  });

  it("are of those that were told together, and others stay quick", () => {
    const first = accept(listOf(specs), specs.slice(0, 3).map(stop).concat(specs.slice(3)), { running });
    expect(slowOf(first)).toBe(3);
    const second = accept(first.list, specs.map(stop), { changeNumber: 12, running });
    expect(second.list.nodes.map(({ isSlow }) => isSlow)).toEqual([true, true, true, false]);
    expect(second.findings).toEqual([]);
  });
});
