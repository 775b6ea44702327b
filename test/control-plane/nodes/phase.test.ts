import { describe, expect, it } from "vitest";
import { isDrifted, type PhaseFacts, phaseOf, reasonOf } from "../../../src/control-plane/nodes/phase.ts";
import { NODE_PHASES } from "../../../src/protocol/nodes/node-phase.ts";
import { PROCESS_STATUSES, type ProcessStatus } from "../../../src/protocol/nodes/observed-node.ts";
import { observed } from "../../support/control-plane/node-executor.ts";

const NODE = { id: "n", name: "eth-1", revision: 3 };

/** A node whose processes have these statuses. */
function report(statuses: readonly ProcessStatus[], revision: number | null = 3) {
  const processes = statuses.flatMap((status) => observed(NODE, { status }).processes);
  return { ...observed(NODE), revision, processes };
}

function facts(observedNode: PhaseFacts["observed"], order: Partial<PhaseFacts> = {}) {
  return {
    name: "eth-1",
    desiredState: "running" as const,
    deletion: null,
    isGone: false,
    observed: observedNode,
    ...order,
  };
}

describe("the phase of a node that shall run", () => {
  it.each([
    [null, "provisioning"],
    [report([]), "configuring"],
    [report(["stopped"], null), "configuring"],
    [report(["stopped"]), "starting"],
    [report(["starting"]), "starting"],
    [report(["running", "starting"]), "starting"],
    [report(["running", "syncing"]), "syncing"],
    [report(["running", "running"]), "running"],
    [report(["running", "error"]), "error"],
    [report(["stopped", "error"], null), "error"],
  ] as const)("is that of its slowest process: %#", (seen, phase) => {
    expect(phaseOf(facts(seen))).toBe(phase);
  });
});

describe("the phase of a node that shall stop", () => {
  it.each([
    [null, "provisioning"],
    [report([]), "stopped"],
    [report(["stopped", "stopped"], null), "stopped"],
    [report(["running", "stopped"]), "stopping"],
    [report(["starting"]), "stopping"],
    [report(["stopped", "error"]), "error"],
  ] as const)("is stopped once all of its processes are: %#", (seen, phase) => {
    expect(phaseOf(facts(seen, { desiredState: "stopped" }))).toBe(phase);
  });
});

it("a deletion outweighs what is observed, and ends as kept if the data is", () => {
  const deletion = { keepData: true };
  for (const status of PROCESS_STATUSES) {
    expect(phaseOf(facts(report([status]), { deletion }))).toBe("deleting");
    expect(phaseOf(facts(report([status]), { deletion, isGone: true }))).toBe("kept");
  }
});

it("every phase that there is can be reached", () => {
  const statuses = [null, ...PROCESS_STATUSES].flatMap((status) =>
    status === null ? [null, report([])] : [report([status]), report([status], null)],
  );
  const reached = statuses.flatMap((seen) => [
    phaseOf(facts(seen)),
    phaseOf(facts(seen, { desiredState: "stopped" })),
    phaseOf(facts(seen, { deletion: { keepData: false } })),
    phaseOf(facts(seen, { deletion: { keepData: true }, isGone: true })),
  ]);
  expect([...new Set(reached)].sort()).toEqual([...NODE_PHASES].sort());
});

it("a node drifts while its processes run with an earlier revision", () => {
  expect(isDrifted(3, null)).toBe(false);
  expect(isDrifted(3, report(["stopped"], null))).toBe(false);
  expect(isDrifted(3, report(["running"], 3))).toBe(false);
  expect(isDrifted(4, report(["running"], 3))).toBe(true);
  // The database is older than the executor.
  expect(isDrifted(2, report(["running"], 3))).toBe(false);
});

describe("the reason", () => {
  const failing = (reason: string | null) => ({
    ...report(["running"]),
    processes: [
      ...report(["running"]).processes,
      ...observed(NODE, { role: "cl", status: "error", problem: "port_taken", reason }).processes,
    ],
  });

  it("is that of the process that fails, with its role if there are several", () => {
    expect(reasonOf(facts(failing("Port 9000 is in use")))).toBe("cl: Port 9000 is in use");
    expect(reasonOf(facts(failing(null)))).toBe("cl: port_taken");
    const one = observed(NODE, { status: "error", problem: "disk_low", reason: "1 GiB is free" });
    expect(reasonOf(facts(one))).toBe("1 GiB is free");
  });

  it("is missing if the phase says it all", () => {
    expect(reasonOf(facts(report(["running"])))).toBeNull();
    expect(reasonOf(facts(null))).toMatch(/not reported/);
  });

  it("tells why a deletion does not go on", () => {
    const held = observed(NODE, { status: "stopped", problem: "deletion_held_back", reason: "Later" });
    expect(reasonOf(facts(held, { deletion: { keepData: false } }))).toBe("Later");
  });
});
