import { adapterOf } from "../../protocol/chains/catalogue.ts";
import { unitName } from "../../protocol/chains/process-kinds.ts";
import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import type { HeldNode } from "./decide/node-list.ts";
import type { Activity, WantedProcess } from "./decide/planned-node.ts";
import { activityOf, downUnit, type UnitState } from "./decide/unit-state.ts";
import {
  type Applied,
  type AppliedProcess,
  appliedTo,
  readApplied,
  type Written,
  withProcess,
  writeApplied,
} from "./host/applied.ts";
import { DiskHashes, makeNodeFolder, type ProcessFiles } from "./host/node-folder.ts";
import type { HostPlaces } from "./host/places.ts";
import { readTemplate } from "./host/unit-template.ts";
import {
  adopted,
  folderProblem,
  isOutdated,
  limitsOf,
  startedWith,
  tooOld,
  wantedOf,
  writtenOf,
} from "./process-facts.ts";
import { type NodeSecrets, nodeSecrets } from "./render/node-secrets.ts";
import type { Programs } from "./render/programs.ts";
import { type Rendered, renderNode } from "./render/render-node.ts";

/** One process of a node: as it should be, and as it is. */
export interface ProcessView {
  readonly role: string;
  readonly client: string;
  readonly version: string;
  readonly unit: string;
  readonly state: UnitState;
  readonly activity: Activity;
  /** What it should be started with; undefined if that is not known. */
  readonly files: ProcessFiles | undefined;
  readonly wanted: WantedProcess;
  /** For the hand; empty: none. */
  readonly limits: string;
  readonly memoryLimitBytes: number | null;
  readonly applied: AppliedProcess;
  /** What the process that runs was started with, as far as that is known. */
  readonly startedWith: Written | undefined;
  /** It runs as an earlier release has started it. Only an order restarts it. */
  readonly isOutdated: boolean;
  readonly hasItsFiles: boolean;
}

export interface NodeView {
  readonly held: HeldNode;
  readonly folder: string;
  readonly secrets: NodeSecrets;
  readonly applied: Applied;
  /** In the order in which they start. */
  readonly processes: readonly ProcessView[];
}

interface Remembered {
  readonly id: string;
  readonly applied: Applied;
  readonly secrets: NodeSecrets;
}

/** Looks at nodes: compares what a spec asks for with what systemd and the disk have. */
export class NodeViews {
  readonly #places: HostPlaces;
  readonly #programs: Programs;
  readonly #disk = new DiskHashes();
  readonly #remembered = new Map<string, Remembered>();
  readonly #rendered = new Map<string, { readonly spec: NodeSpec; readonly rendered: Rendered }>();

  constructor(places: HostPlaces, programs: Programs) {
    this.#places = places;
    this.#programs = programs;
  }

  /** Rejects with a system error if the node's folder cannot be used. */
  async look(held: HeldNode, states: ReadonlyMap<string, UnitState>): Promise<NodeView> {
    const { spec } = held;
    const folder = `${this.#places.nodesDir}/${spec.name}`;
    const { applied, secrets } = await this.#recall(held, folder);
    const rendered = isOrdered(held)
      ? (tooOld(spec, applied) ?? this.#render(spec, folder, secrets))
      : undefined;
    const processes: ProcessView[] = [];
    let now = applied;
    for (const { role, client, version } of inStartOrder(spec)) {
      const unit = unitName(spec.chain, role, spec.name);
      const state = states.get(unit) ?? downUnit(unit);
      const process = await this.#lookAt({ role, client, version, unit, state }, spec, {
        applied: appliedTo(now, role),
        rendered,
        folder,
      });
      now = process.applied === appliedTo(now, role) ? now : withProcess(now, role, process.applied);
      processes.push(process);
    }
    if (now !== applied) {
      await this.remember(held, now);
    }
    return { held, folder, secrets, applied: now, processes };
  }

  /** What systemd says, if the node's folder cannot be used. Nothing is known of its files. */
  lookWithoutFolder(held: HeldNode, states: ReadonlyMap<string, UnitState>): NodeView {
    const { spec } = held;
    const folder = `${this.#places.nodesDir}/${spec.name}`;
    const applied: Applied = { format: 1, id: spec.id, processes: {} };
    const processes = inStartOrder(spec).map(({ role, client, version }): ProcessView => {
      const unit = unitName(spec.chain, role, spec.name);
      const state = states.get(unit) ?? downUnit(unit);
      const problem = folderProblem(undefined, folder);
      return {
        role,
        client,
        version,
        unit,
        state,
        activity: activityOf(state),
        files: undefined,
        wanted: problem,
        limits: "",
        memoryLimitBytes: null,
        applied: appliedTo(applied, role),
        startedWith: undefined,
        isOutdated: false,
        hasItsFiles: false,
      };
    });
    return { held, folder, secrets: {}, applied, processes };
  }

  /** Writes what the processes of a node were started with, or will be. */
  async remember({ spec }: HeldNode, applied: Applied): Promise<void> {
    const folder = await makeNodeFolder(this.#places.nodesDir, spec.name);
    await writeApplied(folder, applied);
    const known = this.#remembered.get(spec.name);
    this.#remembered.set(spec.name, { id: spec.id, applied, secrets: known?.secrets ?? {} });
  }

  /** What is on record now: an action may have changed it since the look. */
  appliedOf({ held, applied }: NodeView): Applied {
    const known = this.#remembered.get(held.spec.name);
    return known?.id === held.spec.id ? known.applied : applied;
  }

  /** The folder of the node is gone, or will be. */
  forget(name: string): void {
    this.#remembered.delete(name);
    this.#rendered.delete(name);
    this.#disk.forget(`${this.#places.nodesDir}/${name}`);
  }

  async #recall(held: HeldNode, folder: string): Promise<Remembered> {
    const { id, name, chain } = held.spec;
    const known = this.#remembered.get(name);
    if (known?.id === id) {
      return known;
    }
    if (isOrdered(held)) {
      await makeNodeFolder(this.#places.nodesDir, name);
    }
    const applied = await readApplied(folder, id);
    const secrets = isOrdered(held)
      ? await nodeSecrets(folder, chain)
      : // Only to ask the process how it is.
        await nodeSecrets(folder, chain).catch(() => ({}));
    const found = { id, applied, secrets };
    this.#remembered.set(name, found);
    return found;
  }

  #render(spec: NodeSpec, nodeDir: string, secrets: NodeSecrets): Rendered {
    const known = this.#rendered.get(spec.name);
    if (known?.spec === spec && known.rendered.kind !== "binary_missing") {
      return known.rendered;
    }
    const rendered = renderNode(spec, {
      nodeDir,
      dataDir: `${this.#places.dataDir}/${spec.name}`,
      programOf: (client, version) => this.#programs.programOf(client, version),
      secrets,
      ...(this.#places.clientsDir !== undefined && { clientsDir: this.#places.clientsDir }),
    });
    this.#rendered.set(spec.name, { spec, rendered });
    return rendered;
  }

  async #lookAt(
    process: Pick<ProcessView, "role" | "client" | "version" | "unit" | "state">,
    spec: NodeSpec,
    given: {
      readonly applied: AppliedProcess;
      readonly rendered: Rendered | undefined;
      readonly folder: string;
    },
  ): Promise<ProcessView> {
    const { role, version, state } = process;
    const files =
      given.rendered?.kind === "rendered"
        ? given.rendered.processes.find((each) => each.role === role)
        : undefined;
    const written = files === undefined ? undefined : writtenOf(files, version, spec);
    const activity = activityOf(state);
    const names = (given.applied.written ?? written)?.files ?? [];
    const onDisk = await this.#disk.of(given.folder, names);
    const template = await readTemplate(state.templatePath, this.#disk);
    const applied = adopted(given.applied, spec, { state, activity, onDisk, template, written });
    const asWritten = applied.written !== null && onDisk === applied.written.content;
    const memoryLimitBytes = spec.limits.find((each) => each.role === role)?.memoryBytes ?? null;
    const wanted = wantedOf(given.rendered, written, spec, role);
    const runsWith = startedWith(applied, state, activity, asWritten);
    return {
      ...process,
      activity,
      files,
      wanted,
      limits: limitsOf(spec, role),
      memoryLimitBytes,
      applied,
      startedWith: runsWith,
      isOutdated: activity === "up" && isOutdated(applied, runsWith, wanted, { ...state, template }, spec),
      hasItsFiles: written !== undefined && onDisk === written.content,
    };
  }
}

/** Whether the control plane's orders about this node count now. */
export function isOrdered({ isUnlisted, end, spec }: HeldNode): boolean {
  return !isUnlisted && end === null && spec.deletion === null && spec.desiredState === "running";
}

/** In the catalogue's order; of a chain that it does not know, as the spec has them. */
function inStartOrder({ chain, clients }: NodeSpec): NodeSpec["clients"] {
  const order = adapterOf(chain)?.roles.map(({ role }) => role) ?? [];
  return [...clients].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
}
