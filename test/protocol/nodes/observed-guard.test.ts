import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodesReport } from "../../../src/protocol/nodes/node-exchange.ts";
import { areObservedNodes } from "../../../src/protocol/nodes/observed-guard.ts";
import {
  NODE_PROBLEMS,
  observedNode,
  observedNodes,
  observedProcess,
  PROCESS_STATUSES,
} from "../../../src/protocol/nodes/observed-node.ts";

const PROCESS = {
  role: "node",
  client: "litecoind",
  version: "0.21.4",
  status: "running",
  problem: null,
  reason: null,
  since: 1_764_000_000_000,
  restarts: 0,
  height: 2_800_000,
  targetHeight: 2_800_000,
  peers: 10,
  syncProgress: 1,
  memoryBytes: 1_500_000_000,
};
const NODE = {
  id: "node-1",
  name: "ltc-1",
  revision: 1,
  processes: [PROCESS],
  diskFreeBytes: 5e11,
  isGone: false,
  isUnlisted: false,
};

/** Values at and beyond each bound, and of every other kind. */
const ODD = [
  ...[null, undefined, true, "", " ", "a", "A", "-", "é", "\n", "\u2028", [], {}, [1], { a: 1 }],
  ...[0, -0, -1, 1, 0.5, 1.0001, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 8.64e15, 8.64e15 + 1, 1e308],
  ...[Number.NaN, Number.POSITIVE_INFINITY],
  ...["x".repeat(32), "x".repeat(33), "x".repeat(64), "x".repeat(65), "x".repeat(300), "x".repeat(301)],
  ...PROCESS_STATUSES,
  ...NODE_PROBLEMS,
];
const odd = fc.constantFrom(...ODD);

/** An object with a few keys changed, removed or added. */
function changed(base: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const edits = fc.dictionary(fc.constantFrom(...Object.keys(base), "more", "__proto__"), odd, {
    maxKeys: 3,
  });
  const without = fc.subarray(Object.keys(base), { maxLength: 1 });
  return fc.tuple(edits, without).map(([values, gone]) => {
    const result: Record<string, unknown> = { ...base, ...values };
    for (const key of gone) {
      delete result[key];
    }
    return result;
  });
}

const processes = fc.oneof(
  fc.array(fc.oneof(fc.constant(PROCESS), changed(PROCESS), odd), { maxLength: 10 }),
  odd,
);
const nodes = fc.oneof(
  fc.array(
    fc.oneof(
      fc.constant(NODE),
      changed(NODE),
      processes.map((of) => ({ ...NODE, processes: of })),
      odd,
    ),
    { maxLength: 4 },
  ),
  odd,
);

describe("the quick check of a report", () => {
  it("accepts nothing that the schema refuses or would change", () => {
    fc.assert(
      fc.property(nodes, (value) => {
        if (areObservedNodes(value)) {
          expect(observedNodes.parse(value)).toEqual(value);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each(Object.keys(NODE))("is as strict as the schema about %s of a node", (key) => {
    for (const value of ODD) {
      const report = [{ ...NODE, [key]: value }];
      const isAsItIs = observedNodes.safeParse(report).success && value !== undefined;
      expect(areObservedNodes(report), String(value)).toBe(isAsItIs);
    }
  });

  it.each(Object.keys(PROCESS))("is as strict as the schema about %s of a process", (key) => {
    for (const value of ODD) {
      const report = [{ ...NODE, processes: [{ ...PROCESS, [key]: value }] }];
      const isAsItIs = observedNodes.safeParse(report).success && value !== undefined;
      expect(areObservedNodes(report), String(value)).toBe(isAsItIs);
    }
  });

  it("knows every field of the schema, and the bounds of both lists", () => {
    expect(Object.keys(NODE).toSorted()).toEqual(observedNode.keyof().options.toSorted());
    expect(Object.keys(PROCESS).toSorted()).toEqual(observedProcess.keyof().options.toSorted());
    for (const [count, isFew] of [
      [128, true],
      [129, false],
    ] as const) {
      expect(areObservedNodes(Array.from({ length: count }, () => NODE))).toBe(isFew);
    }
    for (const [count, isFew] of [
      [8, true],
      [9, false],
    ] as const) {
      const many = Array.from({ length: count }, () => PROCESS);
      expect(areObservedNodes([{ ...NODE, processes: many }])).toBe(isFew);
    }
  });
});

describe("a report", () => {
  const report = { seen: 1, capabilitiesHash: "a".repeat(64), isWhole: false };

  it("that the quick check does not take is decoded by the schema", () => {
    const { height: _, ...process } = PROCESS;
    const { observed } = nodesReport.parse({ ...report, observed: [{ ...NODE, processes: [process] }] });
    expect(observed).toEqual([{ ...NODE, processes: [{ ...PROCESS, height: null }] }]);
  });

  it.each([
    ["a wrong figure", [{ ...NODE, diskFreeBytes: -1 }], "observed.0.diskFreeBytes"],
    ["another field", [{ ...NODE, more: 1 }], "observed.0"],
    ["no list", "nodes", "observed"],
    ["nothing", undefined, "observed"],
  ])("with %s is refused, and the place is named", (_what, observed, place) => {
    const result = nodesReport.safeParse({ ...report, observed });
    expect(result.error?.issues.map(({ path }) => path.join("."))).toEqual([place]);
  });

  it("without the list is refused", () => {
    expect(nodesReport.safeParse(report).success).toBe(false);
  });
});
