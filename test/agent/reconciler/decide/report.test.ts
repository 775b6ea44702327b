import { describe, expect, it } from "vitest";
import { NodesReporter, type ReportSource } from "../../../../src/agent/reconciler/decide/report.ts";
import { nodesReport } from "../../../../src/protocol/nodes/node-exchange.ts";
import type { ObservedNode, ObservedProcess } from "../../../../src/protocol/nodes/observed-node.ts";
import { observed } from "../../../support/agent/nodes.ts";

const nothing = { wantsCapabilities: false, wantsWhole: false };

function source(nodes: readonly ObservedNode[], now: number): ReportSource {
  const capabilities = { chains: [] };
  return {
    observed: nodes,
    seen: 3,
    capabilities,
    capabilitiesHash: "a".repeat(64),
    intervalMs: 10_000,
    now,
  };
}

function withProcess(node: ObservedNode, changes: Partial<ObservedProcess>): ObservedNode {
  return { ...node, processes: node.processes.map((process) => ({ ...process, ...changes })) };
}

/** A reporter whose first report has been accepted at 0. */
function started(nodes: readonly ObservedNode[]): NodesReporter {
  const reporter = new NodesReporter(() => 0);
  reporter.accepted(reporter.next(source(nodes, 0)), nothing, 0);
  return reporter;
}

describe("the report of a sync", () => {
  const node = observed("a");

  it("is whole at first, fits the wire, and then empty", () => {
    const reporter = new NodesReporter(() => 0);
    const first = reporter.next(source([node], 0));
    expect(nodesReport.parse(first)).toEqual(first);
    expect(first).toMatchObject({ isWhole: true, observed: [node], seen: 3, capabilities: null });
    reporter.accepted(first, nothing, 0);
    expect(reporter.next(source([node], 1))).toMatchObject({ isWhole: false, observed: [] });
  });

  it.each([
    ["status", withProcess(node, { status: "error" })],
    ["cause", withProcess(node, { problem: "crash_loop" })],
    ["restarts", withProcess(node, { restarts: 1 })],
    ["revision", { ...node, revision: 2 }],
    ["end", { ...node, isGone: true }],
  ])("carries a new %s at once, until it is accepted", (_what, changed) => {
    const reporter = started([node, observed("b")]);
    const report = reporter.next(source([changed, observed("b")], 1));
    expect(report.observed).toEqual([changed]);
    expect(reporter.hasNews([changed])).toBe(true);
    expect(reporter.next(source([changed, observed("b")], 2)).observed).toEqual([changed]);
    reporter.accepted(report, nothing, 2);
    expect(reporter.hasNews([changed])).toBe(false);
    expect(reporter.next(source([changed, observed("b")], 3)).observed).toEqual([]);
  });

  it("has news again in what had none, once another report was accepted or it starts over", () => {
    const reporter = started([node]);
    const same = [node];
    expect([reporter.hasNews(same), reporter.hasNews(same)]).toEqual([false, false]);
    // A report from before these were observed.
    const older = reporter.next(source([withProcess(node, { restarts: 1 })], 1));
    reporter.accepted(older, nothing, 2);
    expect(reporter.hasNews(same)).toBe(true);
    reporter.accepted(reporter.next(source(same, 3)), nothing, 3);
    expect(reporter.hasNews(same)).toBe(false);
    reporter.startOver();
    expect(reporter.hasNews(same)).toBe(true);
  });

  it("carries figures of a node at rest once a minute", () => {
    const reporter = started([node]);
    const higher = withProcess(node, { height: 2 });
    expect(reporter.next(source([higher], 59_999)).observed).toEqual([]);
    expect(reporter.next(source([higher], 60_000)).observed).toEqual([higher]);
    expect(reporter.hasNews([higher])).toBe(false);
  });

  it("carries figures of a node that syncs at the interval of [reporter]", () => {
    const syncing = withProcess(node, { status: "syncing" });
    const reporter = started([syncing]);
    const higher = withProcess(syncing, { height: 2 });
    expect(reporter.next(source([higher], 9999)).observed).toEqual([]);
    expect(reporter.next(source([higher], 10_000)).observed).toEqual([higher]);
  });

  it("has a phase of its own after a whole report", () => {
    const reporter = new NodesReporter(() => 0.5);
    reporter.accepted(reporter.next(source([node], 0)), nothing, 0);
    const higher = withProcess(node, { height: 2 });
    expect(reporter.next(source([higher], 29_999)).observed).toEqual([]);
    expect(reporter.next(source([higher], 30_000)).observed).toEqual([higher]);
  });

  it("is whole, or with capabilities, if the control plane wants it", () => {
    const reporter = started([node]);
    reporter.accepted(reporter.next(source([node], 1)), { wantsCapabilities: true, wantsWhole: true }, 1);
    const report = reporter.next(source([node], 2));
    expect(report).toMatchObject({ isWhole: true, observed: [node], capabilities: { chains: [] } });
    reporter.accepted(report, nothing, 2);
    expect(reporter.next(source([node], 3))).toMatchObject({ isWhole: false, capabilities: null });
  });

  it("tells everything again to a control plane that may know nothing", () => {
    const reporter = started([node]);
    reporter.startOver();
    expect(reporter.next(source([node], 1))).toMatchObject({ isWhole: true, observed: [node] });
  });
});
