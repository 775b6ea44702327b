import { describe, expect, it } from "vitest";
import {
  NO_NODES_STATUS,
  type NodeStatus,
  type NodesStatus,
} from "../../../src/agent/daemon/status/nodes-status.ts";
import { checkNodes, type NodeFacts } from "../../../src/agent/doctor/check-nodes.ts";
import { readUnit } from "../../../src/agent/reconciler/host/observe.ts";
import { ObservedNodes } from "../../../src/agent/reconciler/observed-nodes.ts";
import { parseUnits } from "../../../src/agent/systemd/show-units.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { OUT_OF_MEMORY, RUNNING } from "../../support/agent/recorded-units.ts";
import { viewOf } from "../../support/agent/view-of-unit.ts";

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

const PROCESS = {
  role: "node",
  unit: "bitcoin-node@btc-1.service",
  client: "bitcoind",
  version: "29.0",
  since: "2026-11-28T12:00:00Z",
  restarts: 0,
  height: null,
  targetHeight: null,
  peers: null,
  syncProgress: null,
  memoryBytes: null,
} as const;

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
    ["unknown units", { unknownUnits: ["bitcoin-node@x.service"] }, "bitcoin-node@x.service"],
    ["a node that waits", { nodes: [{ ...node, waitsForName: true }] }, "node btc-1: An earlier node"],
  ])("warns of %s", (_what, status, says) => {
    const found = check({ nodes: [node], ...status });
    expect(found.at(-1)).toEqual(["warning", expect.stringContaining(says)]);
  });

  it("is bad if a node runs that the control plane does not list, unless its data is only kept", () => {
    const unlisted = { ...node, isUnlisted: true };
    expect(check({ nodes: [unlisted] }).at(-1)).toEqual([
      "bad",
      expect.stringContaining("node btc-1: The control plane's list"),
    ]);
    expect(check({ nodes: [{ ...unlisted, isKept: true }] })).toHaveLength(1);
  });

  it("is bad if the agent may not use the hand that listens, and its remedy is that of each node, too", () => {
    const process = {
      ...PROCESS,
      status: "running",
      problem: "hand_unavailable",
      reason: "It does not answer. Fix: run sudo novacula-agent doctor.",
    } as const;
    const handObstacle = { detail: "it is closed", remedy: "Open it." };
    const facts = { hand: "answers", handObstacle, oddTemplates: [], hiddenDisks: [] } as const;
    const nodes = [{ ...node, processes: [process] }];
    expect(checkNodes({ ...facts, status: { ...NO_NODES_STATUS, nodes } })).toMatchObject([
      { status: "bad", ...handObstacle },
      { status: "bad", detail: expect.stringContaining("hand_unavailable"), remedy: "Open it." },
    ]);
    expect(checkNodes({ ...facts, status: NO_NODES_STATUS })).toMatchObject([{ status: "warning" }]);
    expect(check({ nodes }, { handObstacle, hand: "missing" })[0]?.[1]).toContain("does not listen");
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

/** The problem as the agent sees it in what systemd printed, and as doctor shows it then. */
function examined(printed: string) {
  const [[unit, values] = ["", new Map()]] = parseUnits(printed);
  const clock = { now: () => 0, wall: (at: number) => at, fromWall: (at: number) => at };
  const look = { readingOf: () => undefined, obstacleOf: () => undefined, diskFreeBytes: null };
  const { processes } = new ObservedNodes(clock).of(viewOf(readUnit(unit, values)), look);
  const shown = processes.map(({ since, ...process }) => ({
    ...process,
    unit,
    since: new Date(since).toISOString(),
  }));
  const status = { ...NO_NODES_STATUS, nodes: [{ ...node, name: "a", processes: shown }] };
  return checkNodes({ status, hand: "answers", oddTemplates: [], hiddenDisks: [] }).filter(
    ({ status: found }) => found !== "ok",
  );
}

describe("a process that the kernel killed for memory", () => {
  it("is named from what systemd printed then, with its limit and the remedy", () => {
    expect(examined(OUT_OF_MEMORY)).toEqual([
      {
        stage: "nodes",
        status: "bad",
        detail: expect.stringMatching(
          /^node a \(node\): The kernel killed it for memory at its limit of 1024 MiB; .* \[out_of_memory\]$/u,
        ),
        remedy: "Give the node more memory on the control plane.",
      },
    ]);
  });

  it("is none of the others that end by signal 9, and none that runs", () => {
    const killed = OUT_OF_MEMORY.replace("Result=oom-kill", "Result=signal");
    expect(examined(killed)).toEqual([
      expect.objectContaining({ detail: expect.stringMatching(/signal 9.* \[crash_loop\]$/u) }),
    ]);
    expect(examined(RUNNING)).toEqual([]);
  });
});

describe("nodes on disk of another executor", () => {
  const left = (names: readonly string[], place?: { path: string; line: number }, now = "fra-3") =>
    checkNodes({
      status: undefined,
      left: { names, earlier: "fra-29", now, place },
      hand: "missing",
      oddTemplates: [],
      hiddenDisks: [],
    }).find(({ detail }) => detail.startsWith("agent.name"));

  it("are bad, and name the line to change", () => {
    const found = left(["ltc-1"], { path: "/e/agent.toml", line: 4 });
    expect(found).toMatchObject({
      stage: "nodes",
      status: "bad",
      detail:
        "agent.name is fra-3 (/e/agent.toml line 4), and ltc-1 on this host belongs to executor fra-29, so no order for it would arrive",
    });
    expect(remedyText(found?.remedy ?? [])).toBe(
      `If this host is fra-29, run: sed -i --follow-symlinks '4s/"fra-3"/"fra-29"/' /e/agent.toml. Only if it is to stay fra-3, give up each node of fra-29: novacula-agent nodes forget ltc-1`,
    );
  });

  it.each([
    ["host.3", `'4s/"host\\.3"/"fra-29"/'`],
    ["it's 3", undefined],
    ["a/b", undefined],
  ])("have a command for a plain name alone: %s", (now, edit) => {
    const text = remedyText(left(["ltc-1"], { path: "/e/agent.toml", line: 4 }, now)?.remedy ?? []);
    expect(text).toContain(edit ?? 'If this host is fra-29, set agent.name = "fra-29". Only if');
  });

  it("are named up to five, and no line if the name stands in none", () => {
    const many = left(["a", "b", "c", "d", "e", "f"]);
    expect(many?.detail).toMatch(/^agent\.name is fra-3, and a, b, c, d, e, 1 more on this host belong to /u);
    expect(remedyText(many?.remedy ?? [])).toMatch(
      /set agent\.name = "fra-29"\. Only if .*: \S* ?\S*nodes forget a$/u,
    );
  });
});

describe("an order that cannot be carried out", () => {
  const process = { ...PROCESS, status: "error", problem: "bad_spec" } as const;
  const remedy = (reason: string) => {
    const status = { ...NO_NODES_STATUS, nodes: [{ ...node, processes: [{ ...process, reason }] }] };
    const found = checkNodes({ status, hand: "answers", oddTemplates: [], hiddenDisks: [] });
    return found.flatMap((each) => (each.status === "bad" ? [[each.detail, each.remedy]] : []));
  };

  it("has the remedy of its reason, if that names one", () => {
    expect(
      remedy(
        "/n/a cannot be written: /n/a is not a folder (EEXIST). Fix: move it away: sudo mv -bT /n/a /n/a.old",
      ),
    ).toEqual([
      [
        "node btc-1 (node): /n/a cannot be written: /n/a is not a folder (EEXIST) [bad_spec]",
        "Move it away: sudo mv -bT /n/a /n/a.old",
      ],
    ]);
    expect(remedy("overrides.x: there is no such setting")).toEqual([
      [
        "node btc-1 (node): overrides.x: there is no such setting [bad_spec]",
        "Change the node on the control plane as this says, or upgrade the agent.",
      ],
    ]);
  });
});
