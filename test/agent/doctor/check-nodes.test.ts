import { describe, expect, it } from "vitest";
import {
  NO_NODES_STATUS,
  type NodeStatus,
  type NodesStatus,
} from "../../../src/agent/daemon/status/nodes-status.ts";
import { checkNodes, type NodeFacts } from "../../../src/agent/doctor/check-nodes.ts";

const node: NodeStatus = {
  name: "btc-1",
  id: "1",
  chain: "bitcoin",
  network: "mainnet",
  desiredState: "running",
  revision: 1,
  runningRevision: 1,
  isUnlisted: false,
  isKept: false,
  waitsForName: false,
  processes: [],
};

function check(status: Partial<NodesStatus>, facts: Partial<NodeFacts> = {}) {
  const all = {
    status: { ...NO_NODES_STATUS, ...status },
    hand: "answers",
    oddTemplates: [],
    hiddenDisks: [],
    ...facts,
  } as const;
  return checkNodes(all).map((each) => [each.status, each.detail]);
}

describe("what doctor says of nodes", () => {
  it("is nothing on a host without nodes and without the hand", () => {
    expect(check({}, { hand: "missing" })).toEqual([]);
  });

  it("is good if the hand listens and no node has a problem", () => {
    expect(check({ nodes: [node] })).toEqual([["ok", "the root helper listens"]]);
  });

  it("is bad if there are nodes and no hand, and unknown if this user may not see it", () => {
    expect(check({ nodes: [node] }, { hand: "missing" })).toMatchObject([["bad", expect.any(String)]]);
    expect(check({ nodes: [node] }, { hand: "denied" })).toMatchObject([["unknown", expect.any(String)]]);
  });

  it.each([
    [
      "another data_dir",
      { obstacle: "Only an agent whose data_dir is X can manage nodes." },
      "Only an agent",
    ],
    ["a damaged memory", { isObserveOnly: true }, "nodes.json is damaged"],
    ["unknown units", { unknownUnits: ["bitcoin-node@x.service"] }, "bitcoin-node@x.service"],
    ["an unlisted node", { nodes: [{ ...node, isUnlisted: true }] }, "node btc-1: The control plane's list"],
  ])("warns of %s", (_what, status, says) => {
    const found = check({ nodes: [node], ...status });
    expect(found.at(-1)).toEqual(["warning", expect.stringContaining(says)]);
  });

  it("warns of a disk that the agent cannot look at", () => {
    expect(check({}, { hiddenDisks: ["/var/lib/private/novacula-nodes"] }).at(-1)).toEqual([
      "warning",
      expect.stringContaining("how full the disk at /var/lib/private/novacula-nodes is"),
    ]);
  });

  it("warns of a changed template", () => {
    expect(check({}, { oddTemplates: ["bitcoin-node@.service"] }).at(-1)).toEqual([
      "warning",
      "the template bitcoin-node@.service is not the one that was installed, or has drop-ins",
    ]);
  });
});
