import { describe, expect, it } from "vitest";
import { type Action, plan } from "../../../../src/agent/reconciler/decide/plan.ts";
import type {
  PlannedNode,
  PlannedProcess,
  PlanningHost,
  WantedProcess,
} from "../../../../src/agent/reconciler/decide/planned-node.ts";

/** One rule after the other; plan.property.test.ts has random histories. */

const HOST: PlanningHost = {
  takenPorts: new Set(),
  diskFreeBytes: 100,
  diskReserveBytes: 10,
  onHiddenDisks: new Set(),
  maySlowStop: true,
};

function ready(hash = "h1", ...ports: readonly number[]): WantedProcess {
  return { kind: "ready", hash, ports: ports.map((port) => ({ port, protocol: "tcp" })) };
}

/** A process that is as it should be. */
function up(changes: Partial<PlannedProcess> = {}): PlannedProcess {
  const { role = "node" } = changes;
  return {
    role,
    unit: `x-${role}@a.service`,
    wanted: ready(),
    limits: "",
    givenLimits: "",
    activity: "up",
    isEnabled: true,
    startedWith: { hash: "h1", revision: 1, generation: 0 },
    hasItsFiles: true,
    ...changes,
  };
}

const down = (changes: Partial<PlannedProcess> = {}) =>
  up({ activity: "down", isEnabled: false, startedWith: undefined, ...changes });

function node(processes: readonly PlannedProcess[], changes: Partial<PlannedNode> = {}): PlannedNode {
  const name = changes.name ?? "a";
  return {
    name,
    desired: "running",
    keepData: false,
    isSlow: false,
    revision: 1,
    restartGeneration: 0,
    processes: processes.map((each) => ({ ...each, unit: each.unit.replace("@a.", `@${name}.`) })),
    ...changes,
  };
}

function told(nodes: readonly PlannedNode[], host: Partial<PlanningHost> = {}): string[] {
  return plan(nodes, { ...HOST, ...host }).map(words);
}

function words(action: Action): string {
  const what = action.kind === "report" ? action.problem : action.kind;
  return `${what} ${action.unit.replace(".service", "")}`;
}

describe("a node that is to run", () => {
  it("and does, with what it should have, is left alone", () => {
    expect(told([node([up()])])).toEqual([]);
    for (const activity of ["waiting", "starting"] as const) {
      expect(told([node([up({ activity })])])).toEqual([]);
    }
  });

  it.each([
    ["is down", down()],
    ["is down, though enabled", down({ isEnabled: true })],
    ["would not start at boot", up({ isEnabled: false })],
    ["starts, but not at boot", up({ isEnabled: false, activity: "starting" })],
  ])("is run if it %s", (_what, process) => {
    expect(told([node([process])])).toEqual(["run x-node@a"]);
  });

  it("is not told to run while it is stopping", () => {
    expect(told([node([up({ activity: "stopping", isEnabled: false })])])).toEqual([]);
    expect(told([node([up({ activity: "stopping" })])])).toEqual([]);
  });

  it("gets its files again if they are not as they should be, without a restart", () => {
    expect(told([node([up({ hasItsFiles: false })])])).toEqual(["write x-node@a"]);
  });

  it("gets limits that have changed, also before it starts", () => {
    expect(told([node([up({ limits: "MemoryMax=1" })])])).toEqual(["limit x-node@a"]);
    expect(told([node([down({ limits: "MemoryMax=1" })])])).toEqual(["limit x-node@a", "run x-node@a"]);
  });

  it("goes on with a problem of its specification, which is reported", () => {
    const wanted: WantedProcess = { kind: "problem", problem: "binary_missing", reason: "why" };
    const bad = { wanted, hasItsFiles: false, limits: "MemoryMax=1" };
    expect(plan([node([up(bad)])], HOST)).toEqual([
      {
        kind: "report",
        node: "a",
        role: "node",
        unit: "x-node@a.service",
        problem: "binary_missing",
        reason: "why",
      },
    ]);
    expect(told([node([down(bad)])])).toEqual(["binary_missing x-node@a"]);
  });
});

describe("a process that cannot start", () => {
  it("for want of disk is reported, unless nobody knows its disk; what runs goes on", () => {
    const full = { diskFreeBytes: 9 };
    expect(told([node([down()])], full)).toEqual(["disk_low x-node@a"]);
    expect(told([node([down()])], { ...full, onHiddenDisks: new Set(["a"]) })).toEqual(["run x-node@a"]);
    expect(told([node([down()])], { diskFreeBytes: 10 })).toEqual(["run x-node@a"]);
    expect(told([node([up()])], full)).toEqual([]);
  });

  it("because a port is in use is reported with who has it", () => {
    const other = node([up({ wanted: ready("h1", 7) })], { name: "b" });
    const wants = node([down({ wanted: ready("h1", 6, 7) })]);
    expect(told([wants], { takenPorts: new Set(["tcp:7"]) })).toEqual(["port_taken x-node@a"]);
    expect(told([wants], { takenPorts: new Set(["udp:7", "tcp:8"]) })).toEqual(["run x-node@a"]);
    const reasons = plan([wants, other], HOST).map(({ reason }) => reason);
    expect(reasons).toEqual([
      "It is not started, because x-node@b.service uses tcp port 7. Fix: give the node another port, or stop that program.",
    ]);
    const both = [wants, node([down({ wanted: ready("h1", 7) })], { name: "b" })];
    expect(told(both), "the first of two gets it").toEqual(["run x-node@a", "port_taken x-node@b"]);
  });
});

describe("a restart", () => {
  const old = { hash: "h0", revision: 1, generation: 0 };

  it("needs an order: another hash with a later revision, or a restart that was asked for", () => {
    expect(told([node([up({ startedWith: old })])]), "a release that renders it otherwise").toEqual([]);
    expect(told([node([up({ startedWith: old })], { revision: 2 })])).toEqual(["restart x-node@a"]);
    expect(told([node([up()], { revision: 2 })]), "a revision that changes nothing here").toEqual([]);
    expect(told([node([up()], { restartGeneration: 1 })])).toEqual(["restart x-node@a"]);
    expect(told([node([up({ startedWith: undefined })], { revision: 2, restartGeneration: 1 })])).toEqual([]);
  });

  it("says why", () => {
    const reasons = (process: PlannedProcess, changes: Partial<PlannedNode>) =>
      plan([node([process], changes)], HOST).map(({ reason }) => reason);
    expect(reasons(up({ startedWith: old }), { revision: 2 })).toEqual(["its configuration has changed"]);
    expect(reasons(up(), { restartGeneration: 1 })).toEqual(["a restart was asked for"]);
  });

  it("is of one node at a time, with all its processes", () => {
    const due = (name: string) =>
      node([up({ role: "el" }), up({ role: "cl" })], { name, restartGeneration: 1 });
    expect(told([due("a"), due("b")])).toEqual(["restart x-el@a", "restart x-cl@a"]);
    const starting = node([up({ activity: "starting" })], { name: "c" });
    expect(told([due("a"), starting])).toEqual([]);
    const stopping = node([up({ activity: "stopping" })], { name: "c" });
    expect(told([due("a"), stopping])).toEqual([]);
    const half = node([up({ role: "el", activity: "starting" }), up({ role: "cl" })], {
      name: "b",
      restartGeneration: 1,
    });
    expect(told([due("a"), half]), "the one that has begun goes on").toEqual(["restart x-cl@b"]);
    expect(told([starting, half]), "unless another one changes, too").toEqual([]);
  });

  it("waits neither for a node that is being stopped nor for one that is to stop and is not yet", () => {
    const due = node([up()], { restartGeneration: 1 });
    for (const desired of ["stopped", "deleted"] as const) {
      const ending = node([up({ activity: "stopping", isEnabled: false })], { name: "b", desired });
      expect(told([ending, due])).toEqual(["restart x-node@a"]);
    }
  });

  it("is due for one that crashes again and again, and not for one that is down or to be left alone", () => {
    const process = { startedWith: old };
    expect(told([node([up({ ...process, activity: "waiting" })], { revision: 2 })])).toEqual([
      "restart x-node@a",
    ]);
    expect(told([node([down(process)], { revision: 2 })])).toEqual(["run x-node@a"]);
    expect(told([node([up({ ...process, isEnabled: false })], { revision: 2 })])).toEqual(["run x-node@a"]);
    expect(told([node([up(process)], { revision: 2, desired: "nothing" })])).toEqual([]);
  });

  it("takes no turn from a node that is left alone or to be stopped", () => {
    const due = (name: string, desired: PlannedNode["desired"]) =>
      node([up()], { name, desired, restartGeneration: 1 });
    expect(told([due("a", "nothing"), due("b", "running")])).toEqual(["restart x-node@b"]);
    expect(told([due("a", "stopped"), due("b", "running")])).toEqual(["stop x-node@a", "restart x-node@b"]);
  });
});

describe("a node that is to stop", () => {
  const stopped = { desired: "stopped" } as const;

  it("is stopped before anything else happens, in the reverse order of its start", () => {
    const starts = node([down()], { name: "b" });
    const stops = node([up({ role: "el" }), up({ role: "cl" })], stopped);
    expect(told([starts, stops])).toEqual(["stop x-cl@a", "stop x-el@a", "run x-node@b"]);
  });

  it.each([
    ["runs", up(), true],
    ["crashes again and again", up({ activity: "waiting" }), true],
    ["would start at boot", down({ isEnabled: true }), true],
    ["stops, and would start at boot", up({ activity: "stopping" }), true],
    ["runs, but not at boot", up({ isEnabled: false }), true],
    ["stops", up({ activity: "stopping", isEnabled: false }), false],
    ["is down", down(), false],
  ])("is told so if it %s", (_what, process, isTold) => {
    expect(told([node([process], stopped)])).toEqual(isTold ? ["stop x-node@a"] : []);
  });

  it("is never stopped if nothing is wanted of it", () => {
    expect(told([node([up()], { desired: "nothing" })])).toEqual([]);
  });

  it("says why", () => {
    for (const [desired, reason] of [
      ["stopped", "its desired state is stopped"],
      ["deleted", "it is deleted"],
    ] as const) {
      expect(plan([node([up()], { desired })], HOST)).toMatchObject([{ kind: "stop", reason }]);
    }
  });
});

describe("a node that is deleted", () => {
  const deleted = { desired: "deleted" } as const;

  it("has its data deleted, or kept, once all its processes are down", () => {
    const both = [down({ role: "el" }), down({ role: "cl" })];
    expect(told([node(both, deleted)])).toEqual(["delete x-el@a"]);
    expect(told([node(both, { ...deleted, keepData: true })])).toEqual(["keep x-el@a"]);
    expect(told([node([down({ role: "el" }), up({ role: "cl" })], deleted)])).toEqual(["stop x-cl@a"]);
    const enabled = down({ role: "cl", isEnabled: true });
    expect(told([node([down({ role: "el" }), enabled], deleted)])).toEqual(["stop x-cl@a"]);
    expect(told([node([], deleted)])).toEqual([]);
  });

  it("is not, if it is only stopped", () => {
    expect(told([node([down()], { desired: "stopped" })])).toEqual([]);
  });
});

describe("many nodes that were told to stop at once", () => {
  const slow = (name: string, process = up()) => node([process], { name, desired: "stopped", isSlow: true });

  it("stop one by one, and the others are reported", () => {
    expect(told([slow("a"), slow("b")])).toEqual(["stop x-node@a", "deletion_held_back x-node@b"]);
    expect(told([slow("a", down()), slow("b")])).toEqual(["stop x-node@b"]);
    expect(told([slow("a"), slow("b")], { maySlowStop: false })).toEqual([
      "deletion_held_back x-node@a",
      "deletion_held_back x-node@b",
    ]);
  });

  it("are held back as a whole, also if one of their processes is down", () => {
    const half = node([down({ role: "el" }), up({ role: "cl" })], { desired: "stopped", isSlow: true });
    expect(told([half], { maySlowStop: false })).toEqual([
      "deletion_held_back x-el@a",
      "deletion_held_back x-cl@a",
    ]);
    expect(told([half])).toEqual(["stop x-cl@a"]);
  });

  it("do not hold up another one that was told alone", () => {
    const alone = node([up()], { name: "c", desired: "stopped" });
    expect(told([slow("a"), alone], { maySlowStop: false })).toEqual([
      "deletion_held_back x-node@a",
      "stop x-node@c",
    ]);
  });

  it("are not reported once they are down, and their data is deleted if that was the order", () => {
    const gone = node([down()], { desired: "deleted", isSlow: true });
    expect(told([gone], { maySlowStop: false })).toEqual(["delete x-node@a"]);
  });
});
