import fc from "fast-check";
import { expect, it } from "vitest";
import { type Action, plan } from "../../../../src/agent/reconciler/decide/plan.ts";
import {
  type Activity,
  type PlannedNode,
  type PlannedProcess,
  type StartedWith,
  UNKNOWN_HASH,
} from "../../../../src/agent/reconciler/decide/planned-node.ts";
import { portKey } from "../../../../src/agent/reconciler/decide/start-obstacle.ts";

/**
 * Random histories of orders, crashes and interference against a model of systemd: the invariants
 * after each plan, and rest in the end. NOVACULA_PLAN_RUNS has it run longer.
 */

const RUNS = Number(process.env["NOVACULA_PLAN_RUNS"] ?? 1000);
const NODES = ["a", "b", "c", "d"] as const;

/** One process as systemd and the disk have it. */
interface Unit {
  readonly node: string;
  readonly role: string;
  activity: Activity;
  isEnabled: boolean;
  /** What it starts with next, as it is on disk. */
  files: StartedWith | undefined;
  startedWith: StartedWith | undefined;
  isRestarting: boolean;
  givenLimits: string;
  hash: string;
  problem: boolean;
}

interface ModelNode {
  desired: "running" | "stopped" | "deleted" | "nothing";
  keepData: boolean;
  isSlow: boolean;
  revision: number;
  generation: number;
  isGone: boolean;
  readonly units: readonly Unit[];
}

type Step =
  | { readonly kind: "order"; readonly node: number; readonly desired: ModelNode["desired"] }
  | {
      readonly kind: "slow" | "restart" | "crash" | "heal" | "tamper" | "disable" | "unknown";
      readonly node: number;
    }
  /** The release is one that renders the same order in another way. */
  | { readonly kind: "spec" | "release"; readonly node: number; readonly hash: string }
  | { readonly kind: "bad"; readonly node: number; readonly isBad: boolean }
  | { readonly kind: "turn" };

const node = fc.nat(NODES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      node,
      desired: fc.constantFrom("running", "running", "running", "stopped", "nothing", "deleted"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("slow", "restart", "crash", "heal", "tamper", "disable", "unknown"),
      node,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("spec" as const, "spec" as const, "release" as const),
      node,
      hash: fc.constantFrom("h1", "h2", "h3"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("bad" as const), node, isBad: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constant({ kind: "turn" as const }) },
);

class World {
  readonly nodes = new Map<string, ModelNode>();
  /** One request for a stop of a slow node in each third turn. */
  turns = 0;

  constructor() {
    for (const [index, name] of NODES.entries()) {
      const roles = index === 0 ? ["el", "cl"] : ["node"];
      const units = roles.map((role) => ({
        node: name,
        role,
        activity: "down" as Activity,
        isEnabled: false,
        files: undefined,
        startedWith: undefined,
        isRestarting: false,
        givenLimits: "",
        hash: "h1",
        problem: false,
      }));
      const first = {
        desired: "running",
        keepData: false,
        isSlow: false,
        revision: 1,
        generation: 0,
        isGone: false,
      } as const;
      this.nodes.set(name, { ...first, units });
    }
  }

  planned(): PlannedNode[] {
    return [...this.nodes].map(([name, each]) => ({
      name,
      desired: each.isGone ? "nothing" : each.desired,
      keepData: each.keepData,
      isSlow: each.isSlow,
      revision: each.revision,
      restartGeneration: each.generation,
      processes: each.units.map((unit) => planned(unit, name)),
    }));
  }

  apply(given: Step): void {
    if (given.kind === "turn") {
      this.turn();
      return;
    }
    const model = this.nodes.get(NODES[given.node] ?? "a");
    if (model === undefined) {
      return;
    }
    switch (given.kind) {
      case "order":
        // A deletion is final, as acceptList has it.
        model.desired = model.desired === "deleted" ? "deleted" : given.desired;
        model.isSlow = false;
        break;
      case "slow":
        model.isSlow = model.desired === "stopped" || model.desired === "deleted";
        break;
      case "restart":
        model.generation += 1;
        break;
      case "spec":
      case "release":
        model.revision += given.kind === "spec" ? 1 : 0;
        for (const unit of model.units) {
          unit.hash = given.hash;
        }
        break;
      case "bad":
        for (const unit of model.units) {
          unit.problem = given.isBad;
        }
        break;
      default:
        for (const unit of model.units) {
          interfere(unit, given.kind, model);
        }
    }
  }

  /** Plans, holds the invariants, and lets systemd work. Returns what was done. */
  turn(): readonly Action[] {
    this.turns += 1;
    const actions = plan(this.planned(), {
      takenPorts: new Set(),
      onHiddenDisks: new Set(),
      diskFreeBytes: 100,
      diskReserveBytes: 10,
      maySlowStop: this.turns % 3 === 0,
    });
    for (const action of actions) {
      this.check(action);
      this.act(action);
    }
    expect(this.restarting().length).toBeLessThanOrEqual(1);
    for (const unit of this.units()) {
      work(unit, this.nodes.get(unit.node));
    }
    return actions.filter(({ kind }) => kind !== "report");
  }

  units(): Unit[] {
    return [...this.nodes.values()].flatMap(({ units }) => units);
  }

  private restarting(): string[] {
    const names = this.units()
      .filter(({ isRestarting }) => isRestarting)
      .map(({ node: name }) => name);
    return [...new Set(names)];
  }

  private check(action: Action): void {
    const model = this.nodes.get(action.node);
    expect(model?.isGone).toBe(false);
    if (action.kind === "stop") {
      expect(["stopped", "deleted"]).toContain(model?.desired);
    }
    if (action.kind === "restart") {
      const { startedWith, files, activity } = this.unit(action) ?? {};
      const { revision = 0, generation = 0 } = (activity === "up" ? startedWith : files) ?? {};
      expect(revision < (model?.revision ?? 0) || generation < (model?.generation ?? 0)).toBe(true);
    }
    if (action.kind === "delete" || action.kind === "keep") {
      expect(model?.desired).toBe("deleted");
      expect(model?.keepData).toBe(action.kind === "keep");
      expect(model?.units.every(({ activity, isEnabled }) => activity === "down" && !isEnabled)).toBe(true);
    }
    if (action.kind === "run" || action.kind === "restart") {
      expect(model?.desired).toBe("running");
    }
  }

  private unit({ node: name, role }: Action): Unit | undefined {
    return this.nodes.get(name)?.units.find((each) => each.role === role);
  }

  private act(action: Action): void {
    const { kind } = action;
    const model = this.nodes.get(action.node);
    const unit = this.unit(action);
    if (model === undefined || unit === undefined) {
      return;
    }
    if (kind === "run" || kind === "restart" || kind === "write") {
      const { revision, generation } = model;
      unit.files = { hash: unit.hash, revision, generation };
    }
    if (kind === "run") {
      unit.isEnabled = true;
      unit.activity = unit.activity === "down" ? "starting" : unit.activity;
    } else if (kind === "restart") {
      unit.isRestarting = true;
      unit.activity = "stopping";
    } else if (kind === "stop") {
      unit.isEnabled = false;
      unit.isRestarting = false;
      unit.activity = unit.activity === "down" ? "down" : "stopping";
    } else if (kind === "limit") {
      unit.givenLimits = "MemoryMax=1";
    } else if (kind === "delete" || kind === "keep") {
      model.isGone = true;
    }
  }
}

function planned(unit: Unit, name: string): PlannedProcess {
  const { role, activity, isEnabled, givenLimits, hash, files } = unit;
  return {
    role,
    unit: `${role}@${name}.service`,
    wanted: unit.problem
      ? { kind: "problem", problem: "bad_spec", reason: "it is bad" }
      : {
          kind: "ready",
          hash,
          ports: [{ port: 1000 + name.charCodeAt(0) * 200 + role.charCodeAt(0), protocol: "tcp" }],
        },
    limits: "MemoryMax=1",
    givenLimits,
    activity,
    isEnabled,
    startedWith: activity === "up" ? unit.startedWith : files,
    hasItsFiles: files?.hash === hash,
  };
}

type Order = Pick<ModelNode, "revision" | "generation">;

function interfere(
  unit: Unit,
  kind: "crash" | "heal" | "tamper" | "disable" | "unknown",
  order: Order,
): void {
  if (kind === "crash" && unit.activity === "up") {
    unit.activity = "waiting";
  } else if (kind === "heal" && unit.activity === "waiting") {
    unit.activity = "up";
    unit.startedWith = adopted(unit, order);
  } else if (kind === "tamper") {
    unit.files = undefined;
  } else if (kind === "disable") {
    unit.isEnabled = false;
  } else if (kind === "unknown" && unit.activity === "up") {
    unit.startedWith = adopted({ files: undefined }, order);
  }
}

/** What the agent makes of a process that was started with these files. */
function adopted({ files }: Pick<Unit, "files">, { revision, generation }: Order): StartedWith {
  return files ?? { hash: UNKNOWN_HASH, revision, generation };
}

/** One step of systemd. */
function work(unit: Unit, order: Order = { revision: 0, generation: 0 }): void {
  if (unit.activity === "stopping") {
    unit.activity = unit.isRestarting ? "starting" : "down";
  } else if (unit.activity === "starting") {
    unit.activity = "up";
    unit.startedWith = adopted(unit, order);
    unit.isRestarting = false;
  }
}

const LIMIT = { timeout: 30_000 + RUNS * 30 };

it("converges after every history, and stops, deletes and restarts only what it may", LIMIT, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, keepData) => {
      const world = new World();
      for (const model of world.nodes.values()) {
        model.keepData = keepData;
      }
      for (const each of steps) {
        world.apply(each);
      }
      for (let turn = 0; turn < 60; turn += 1) {
        world.turn();
      }
      for (let turn = 0; turn < 4; turn += 1) {
        expect(world.turn()).toEqual([]);
      }
      for (const model of world.nodes.values()) {
        for (const unit of model.units) {
          expectAtRest(unit, model);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

function expectAtRest(unit: Unit, model: ModelNode): void {
  if (model.desired === "stopped" || model.desired === "deleted") {
    expect([unit.activity, unit.isEnabled]).toEqual(["down", false]);
    expect(model.isGone).toBe(model.desired === "deleted");
  } else if (model.desired === "running" && !unit.problem) {
    expect(["up", "waiting"]).toContain(unit.activity);
    expect(unit.isEnabled).toBe(true);
    expect(unit.files?.hash).toBe(unit.hash);
    if (unit.activity === "up") {
      const isOrdered = unit.startedWith?.hash === unit.hash;
      expect(isOrdered || unit.startedWith?.revision === model.revision).toBe(true);
      expect(unit.startedWith?.generation).toBeGreaterThanOrEqual(model.generation);
    }
  }
}

it("never starts two processes on one port", () => {
  const port = { port: 8333, protocol: "tcp" } as const;
  const one = new World().planned()[1]?.processes[0];
  const nodes = ["x", "y"].map((name) => ({
    name,
    desired: "running" as const,
    keepData: false,
    isSlow: false,
    revision: 1,
    restartGeneration: 0,
    processes:
      one === undefined
        ? []
        : [
            {
              ...one,
              unit: `n@${name}.service`,
              wanted: { kind: "ready" as const, hash: "h", ports: [port] },
            },
          ],
  }));
  const host = {
    takenPorts: new Set<string>(),
    onHiddenDisks: new Set<string>(),
    diskFreeBytes: 9,
    diskReserveBytes: 1,
    maySlowStop: true,
  };
  const actions = plan(nodes, host);
  expect(actions.filter(({ kind }) => kind === "run").map((action) => action.node)).toEqual(["x"]);
  expect(actions.find((action) => action.kind === "report")).toMatchObject({
    node: "y",
    problem: "port_taken",
  });
  expect(portKey(port)).toBe("tcp:8333");
});

it("starts nothing on a disk without free space, unless the data is on another disk", () => {
  const down: PlannedProcess = {
    role: "node",
    unit: "",
    wanted: { kind: "ready", hash: "h", ports: [] },
    limits: "",
    givenLimits: "",
    activity: "down",
    isEnabled: false,
    startedWith: undefined,
    hasItsFiles: false,
  };
  const nodes = ["full", "other"].map((name) => ({
    name,
    desired: "running" as const,
    keepData: false,
    isSlow: false,
    revision: 1,
    restartGeneration: 0,
    processes: [{ ...down, unit: `n@${name}.service` }],
  }));
  const host = {
    takenPorts: new Set<string>(),
    onHiddenDisks: new Set(["other"]),
    diskFreeBytes: 1,
    diskReserveBytes: 9,
    maySlowStop: true,
  };
  const actions = plan(nodes, host);
  expect(actions.map(({ kind, node }) => [kind, node])).toEqual([
    ["report", "full"],
    ["run", "other"],
  ]);
});
