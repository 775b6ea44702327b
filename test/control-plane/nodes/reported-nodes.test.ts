import { describe, expect, it } from "vitest";
import {
  isRepeated,
  keep,
  type Reported,
  ReportedNodes,
} from "../../../src/control-plane/nodes/reported-nodes.ts";
import type { NodesReport } from "../../../src/protocol/nodes/node-exchange.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";
import { CAPABILITIES, observed, running } from "../../support/control-plane/node-executor.ts";

const STORED = { capabilitiesHash: null, phases: new Map() };
const [A, B] = ["a", "b"].map((id) => ({ id, name: id, revision: 1 }));
const own = [A, B].flatMap((node) =>
  node === undefined ? [] : [{ ...node, desiredState: "running" as const, deletion: null, isGone: false }],
);
const at = (node: typeof A, height: number, status: "running" | "syncing" = "running") =>
  running(node ?? { id: "", name: "", revision: 1 }, { height, status });

/** An executor with two nodes, which has reported both. */
function scene() {
  const reported = new ReportedNodes();
  const known = reported.meet("e", STORED);
  /** The heights that the store gets of a report. */
  const report = (nodes: readonly ObservedNode[], isWhole = false, of = own) => {
    known.reportedAt = (known.reportedAt ?? 0) + 1;
    return heights(keep(known, of, new Map(nodes.map((node) => [node.id, node])), isWhole));
  };
  report([at(A, 1), at(B, 1)], true);
  return { reported, known, report };
}

const heights = (nodes: ReadonlyMap<string, ObservedNode>) =>
  Object.fromEntries([...nodes].map(([id, { processes }]) => [id, processes[0]?.height]));

describe("figures alone", () => {
  it("are written with each fifteenth report", () => {
    const { report } = scene();
    const written = Array.from({ length: 45 }, (_, n) => report([at(A, n), at(B, n)]));
    expect(written.filter((each) => Object.keys(each).length > 0)).toEqual(
      [14, 29, 44].map((n) => ({ a: n, b: n })),
    );
  });

  it("are not counted by syncs that say nothing, and wait for the newest of each node", () => {
    const { report } = scene();
    const grown = Array.from({ length: 13 }, (_, n) => [[at(A, n + 4)], []]).flat();
    const reports = [[at(A, 2)], [], [at(B, 3)], [], ...grown];
    const last = { a: 16, b: 3 };
    expect(reports.map((nodes) => report(nodes)).filter((written) => "a" in written)).toEqual([last]);
  });

  it("begin at another report for each executor", () => {
    const reported = new ReportedNodes();
    const first = Array.from({ length: 30 }, (_, executor) => {
      const known = reported.meet(`e${executor}`, STORED);
      const report = (isWhole: boolean) =>
        keep(known, own.slice(0, 1), new Map([["a", at(A, 1)]]), isWhole).size > 0;
      report(true);
      return Array.from({ length: 15 }, () => report(false)).indexOf(true);
    });
    const turns = Array.from({ length: 15 }, (_, executor) => 14 - executor);
    expect(first).toEqual([...turns, ...turns]);
  });
});

describe("anything else", () => {
  it("is written at once, with the figures that were held", () => {
    const { report } = scene();
    expect(report([at(A, 2)])).toEqual({});
    expect(report([at(B, 3, "syncing")])).toEqual({ a: 2, b: 3 });
    expect(report([at(B, 4, "syncing")])).toEqual({});
  });

  it("is written for a node that this process has not heard of", () => {
    const known = new ReportedNodes().meet("e", STORED);
    expect(heights(keep(known, own, new Map([["a", at(A, 1)]]), false))).toEqual({ a: 1 });
  });

  it("is a whole report, which replaces what was held", () => {
    const { report, reported } = scene();
    report([at(A, 2), at(B, 2)]);
    expect(report([at(A, 3)], true)).toEqual({ a: 3 });
    expect([...reported.takeHeld()]).toEqual([]);
  });
});

it("no figures of a node that was deleted are written", () => {
  const { report, reported } = scene();
  report([at(A, 2), at(B, 2)]);
  report([at(A, 3)], false, own.slice(0, 1));
  expect([...reported.takeHeld()].map((held) => "observed" in held && heights(held.observed))).toEqual([
    { a: 3 },
  ]);
});

describe("a record", () => {
  const record = (observedNode: ObservedNode | null, observedAt: number | null) => ({
    id: "a",
    organizationId: "o",
    executor: { id: "e", name: "e" },
    name: "a",
    revision: 1,
    lostChanges: 0,
    config: undefined,
    desiredState: "running" as const,
    restartGeneration: 0,
    deletion: null,
    isGone: false,
    createdAt: 0,
    updatedAt: 0,
    observed: observedNode,
    observedAt,
    damaged: [],
  });

  it("is shown with what was reported since it was written", () => {
    const { report, reported } = scene();
    report([at(A, 2)]);
    expect(reported.latest(record(at(A, 1), 1))).toMatchObject({ observed: at(A, 2), observedAt: 2 });
    expect(reported.latest(record(null, null))).toMatchObject({ observed: at(A, 2), observedAt: 2 });
    report([]);
    expect(reported.latest(record(at(A, 1), 1))).toMatchObject({ observed: at(A, 2), observedAt: 3 });
  });

  it("stays if another process wrote it later, or if this one knows nothing", () => {
    const { report, reported } = scene();
    report([at(A, 2)]);
    const later = record(at(A, 9), 3);
    expect(reported.latest(later)).toBe(later);
    const foreign = {
      ...record(observed({ id: "a", name: "a", revision: 1 }), 1),
      executor: { id: "x", name: "x" },
    };
    expect(reported.latest(foreign)).toBe(foreign);
    report([at(B, 3)], true);
    expect(reported.latest(record(null, null))).toMatchObject({ observed: null, observedAt: null });
  });
});

describe("a report", () => {
  const KNOWN: Partial<Reported> = { seen: 3, capabilitiesHash: "c", reportedAt: 1 };
  const REPORT: NodesReport = {
    seen: 3,
    capabilitiesHash: "c",
    capabilities: null,
    isWhole: false,
    observed: [],
  };
  const isKnown = (known: Partial<Reported>, report: Partial<NodesReport>, changeNumber = 3) =>
    isRepeated(
      { ...new ReportedNodes().meet("e", STORED), ...KNOWN, ...known },
      { changeNumber },
      { ...REPORT, ...report },
    );

  it("is repeated if it says what is known", () => {
    expect(isKnown({}, {})).toBe(true);
  });

  it.each<[what: string, known: Partial<Reported>, report: Partial<NodesReport>, changeNumber?: number]>([
    ["observes a node", {}, { observed: [at(A, 1)] }],
    ["is whole: nodes may be gone", {}, { isWhole: true }],
    ["brings capabilities", {}, { capabilities: CAPABILITIES }],
    ["has other capabilities", {}, { capabilitiesHash: "d" }],
    ["comes when none are known", { capabilitiesHash: null }, {}],
    ["has not seen the newest list", { seen: 2 }, { seen: 2 }],
    ["has seen the newest list for the first time", { seen: 2 }, {}],
    ["comes after a change", {}, {}, 4],
    ["has seen a newer list than the database has", { seen: 4 }, { seen: 4 }],
    ["is the first one to this process", { reportedAt: null }, {}],
    ["comes after an error that a second report confirms", { suspects: new Set(["a"]) }, {}],
  ])("is not repeated if it %s", (_what, known, report, changeNumber) => {
    expect(isKnown(known, report, changeNumber)).toBe(false);
  });
});
