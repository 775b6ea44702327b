import { statSync } from "node:fs";
import { unitName } from "../../protocol/chains/process-kinds.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { HeldNode } from "./decide/node-list.ts";
import type { UnitState } from "./decide/unit-state.ts";
import { type Disk, diskOf, isOnMount, mountsAt, takenPorts } from "./host/host-facts.ts";
import { enabledUnits } from "./host/observe.ts";
import type { HostPlaces } from "./host/places.ts";
import type { UnitObserver } from "./host/unit-observer.ts";
import type { NodeView, NodeViews } from "./node-view.ts";
import { folderProblem } from "./process-facts.ts";

/** What the host has at one moment. */
export interface HostLook {
  /** What systemd says of the units. */
  readonly states: ReadonlyMap<string, UnitState>;
  readonly views: readonly NodeView[];
  /** Why a node's folder cannot be used, by the node's name. */
  readonly folderProblems: ReadonlyMap<string, ReturnType<typeof folderProblem>>;
  /** Units of nodes that start at boot, and that the agent does not know. */
  readonly unknownUnits: readonly string[];
  /** When the list of units that start at boot last changed, epoch ms; undefined: there is none. */
  readonly bootListAt: number | undefined;
  readonly disk: Disk | undefined;
  /** Nodes whose data is on another disk, at which the agent cannot look. */
  readonly onHiddenDisks: ReadonlySet<string>;
  readonly takenPorts: ReadonlySet<string>;
}

/** What one turn has seen. */
export interface Outlook {
  readonly observed: readonly ObservedNode[];
  readonly look: HostLook | undefined;
}

/** What a turn saw that had nothing to do, and after which only an event changes anything. */
export interface Rest {
  readonly nodes: readonly HeldNode[];
  readonly look: HostLook;
  /** `Programs.foundAt` before the look. */
  readonly programsFoundAt: number;
}

/** `StateDirectory=` of the templates has it. */
const DATA = "novacula-nodes";

export function unitsOf({ spec }: HeldNode): readonly string[] {
  return spec.clients.map(({ role }) => unitName(spec.chain, role, spec.name));
}

/** Undefined if systemd does not answer. Starts no process if there are no nodes. */
export async function lookAtHost(
  nodes: readonly HeldNode[],
  nodeViews: NodeViews,
  places: HostPlaces,
  observer: UnitObserver,
): Promise<HostLook | undefined> {
  const bootListAt = changeOfBootList(places);
  const enabled = await enabledUnits(places.wantsDir);
  const units = nodes.flatMap(unitsOf);
  const states = await observer.observe(units, enabled);
  if (states === undefined) {
    return undefined;
  }
  const folderProblems = new Map<string, ReturnType<typeof folderProblem>>();
  const views: NodeView[] = [];
  for (const held of nodes) {
    try {
      views.push(await nodeViews.look(held, states));
    } catch (error) {
      folderProblems.set(held.spec.name, folderProblem(error, `${places.nodesDir}/${held.spec.name}`));
      views.push(nodeViews.lookWithoutFolder(held, states));
    }
  }
  const mounts = nodes.length === 0 ? [] : await mountsAt(`${places.diskPath}/${DATA}`);
  const names = nodes.map(({ spec }) => spec.name);
  const isDown = (state: UnitState) => state.activeState === "inactive" || state.activeState === "failed";
  return {
    states,
    views,
    folderProblems,
    unknownUnits: [...enabled].filter((unit) => !states.has(unit)).sort(),
    bootListAt,
    disk: nodes.length === 0 ? undefined : await lookAtDisk(places),
    onHiddenDisks: new Set(names.filter((name) => isOnMount(`${places.diskPath}/${DATA}/${name}`, mounts))),
    takenPorts: [...states.values()].some(isDown) ? await takenPorts() : new Set(),
  };
}

/** See `HostLook.bootListAt`. */
export function changeOfBootList({ wantsDir }: HostPlaces): number | undefined {
  return statSync(wantsDir, { throwIfNoEntry: false })?.mtimeMs;
}

/** The same views with the memory that each process has now. */
export function withMemory(
  views: readonly NodeView[],
  memoryOf: (state: UnitState) => number | null,
): readonly NodeView[] {
  return views.map((view) => ({
    ...view,
    processes: view.processes.map((process) => ({
      ...process,
      state: { ...process.state, memoryBytes: memoryOf(process.state) },
    })),
  }));
}

/** How full the disk with the data of nodes is. */
export function lookAtDisk({ diskPath, agentDataDir }: HostPlaces): Promise<Disk | undefined> {
  return diskOf([diskPath, agentDataDir]);
}

/** How much is free for the data of a node; null: that is not known. */
export function freeBytesFor({ held }: NodeView, look: HostLook | undefined): number | null {
  const isHidden = look?.onHiddenDisks.has(held.spec.name) === true;
  return isHidden ? null : (look?.disk?.freeBytes ?? null);
}
