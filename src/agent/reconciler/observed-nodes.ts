import type { Clock } from "../../lib/clock.ts";
import { adapterOf } from "../../protocol/chains/catalogue.ts";
import type { ObservedNode, ObservedProcess } from "../../protocol/nodes/observed-node.ts";
import type { Failure } from "./carry-out.ts";
import type { HeldNode } from "./decide/node-list.ts";
import { UNKNOWN_HASH } from "./decide/planned-node.ts";
import { type StatusOf, statusOf } from "./decide/status-of.ts";
import type { UnitState } from "./decide/unit-state.ts";
import type { NodeView, ProcessView } from "./node-view.ts";
import type { Reading } from "./probing.ts";

/** What the reports of one turn are made from. */
export interface ObservedFacts {
  readonly readingOf: (process: ProcessView) => Reading | undefined;
  readonly obstacleOf: (unit: string) => Failure | undefined;
  readonly diskFreeBytes: number | null;
}

/** No problem: a person decides when the node may be away for the time of a restart. */
const OUTDATED =
  "It runs as an earlier release of novacula-agent or novacula-nodes has started it. Restart the node on the control plane to apply what has changed since.";

interface Since {
  readonly key: string;
  /** Epoch ms. */
  readonly since: number;
}

/** Makes what is reported of nodes, and remembers since when each status holds. */
export class ObservedNodes {
  readonly #clock: Clock;
  readonly #since = new Map<string, Since>();
  /** Units that the kernel has killed for memory since their last start that was asked for. */
  readonly #outOfMemory = new Set<string>();
  /** How the main process of a unit has ended. systemd forgets it after 2 s, and waits longer. */
  readonly #ends = new Map<string, NonNullable<UnitState["exit"]>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is observed of those nodes that are still `held`: an action may have ended one. */
  ofAll(
    views: readonly NodeView[],
    held: readonly HeldNode[],
    factsOf: (view: NodeView) => ObservedFacts,
  ): readonly ObservedNode[] {
    const byId = new Map(held.map((node) => [node.spec.id, node]));
    return views.flatMap((view) => {
      const now = byId.get(view.held.spec.id);
      return now === undefined ? [] : this.of({ ...view, held: now }, factsOf(view));
    });
  }

  of(view: NodeView, facts: ObservedFacts): ObservedNode {
    const { held, processes } = view;
    const { id, name, deletion, desiredState } = held.spec;
    const isWantedRunning = deletion === null && desiredState === "running" && held.end === null;
    return {
      id,
      name,
      revision: revisionOf(view, isWantedRunning),
      processes: processes.map((process) => this.#process(view, process, isWantedRunning, facts)),
      diskFreeBytes: facts.diskFreeBytes,
      isGone: held.end !== null,
      isUnlisted: held.isUnlisted,
    };
  }

  #process(
    { held }: NodeView,
    process: ProcessView,
    isWantedRunning: boolean,
    facts: ObservedFacts,
  ): ObservedProcess {
    const { role, client, version, unit, state, activity } = process;
    const reading = activity === "up" ? facts.readingOf(process) : undefined;
    const known = adapterOf(held.spec.chain)?.roles.find((each) => each.role === role);
    const seen = statusOf({
      state: { ...state, exit: this.#endOf(process) },
      isWantedRunning,
      reading: reading?.answer,
      quietMs: reading === undefined ? 0 : this.#clock.now() - reading.heardAt,
      silence: reading?.silence,
      startUpSecs: known?.startUpSecs ?? 600,
      syncMarginBlocks: known?.syncMarginBlocks ?? 0,
      memoryLimitBytes: process.memoryLimitBytes,
      wasOutOfMemory: this.#wasOutOfMemory(process),
      obstacle: facts.obstacleOf(unit),
    });
    const isQuiet = seen.reason === null && process.isOutdated;
    const answer = seen.status === "running" || seen.status === "syncing" ? reading?.answer : undefined;
    return {
      role,
      client,
      version,
      ...seen,
      ...(isQuiet && { reason: OUTDATED }),
      since: this.#sinceOf(unit, seen),
      restarts: state.restarts,
      height: answer?.height ?? null,
      targetHeight: answer?.targetHeight ?? null,
      peers: answer?.peers ?? null,
      syncProgress: answer?.progress ?? null,
      memoryBytes: activity === "up" ? state.memoryBytes : null,
    };
  }

  #wasOutOfMemory({ unit, state }: ProcessView): boolean {
    if (state.result === "oom-kill") {
      this.#outOfMemory.add(unit);
    } else if (state.restarts === 0) {
      this.#outOfMemory.delete(unit);
    }
    return this.#outOfMemory.has(unit);
  }

  #endOf({ unit, state, activity }: ProcessView): UnitState["exit"] {
    if (state.exit !== undefined) {
      this.#ends.set(unit, state.exit);
    } else if (activity !== "waiting") {
      this.#ends.delete(unit);
    }
    return this.#ends.get(unit);
  }

  #sinceOf(unit: string, { status, problem }: StatusOf): number {
    const key = `${status} ${problem}`;
    const known = this.#since.get(unit);
    if (known?.key === key) {
      return known.since;
    }
    const since = Math.round(this.#clock.wall(this.#clock.now()));
    this.#since.set(unit, { key, since });
    return since;
  }
}

/**
 * The revision that is really in effect. An order counts once every process has it: the one that
 * runs was started with it, or it is stopped as ordered.
 */
function revisionOf({ held, processes }: NodeView, isWantedRunning: boolean): number | null {
  const { spec, end } = held;
  if (end !== null) {
    return spec.revision;
  }
  const isInEffect = isWantedRunning
    ? processes.every(
        ({ wanted, startedWith, activity, state, limits, applied }) =>
          wanted.kind === "ready" &&
          activity !== "down" &&
          state.isEnabled &&
          startedWith?.hash === wanted.hash &&
          startedWith.generation >= spec.restartGeneration &&
          limits === applied.limits,
      )
    : spec.deletion === null &&
      processes.every(({ activity, state }) => activity === "down" && !state.isEnabled);
  if (isInEffect && !held.isUnlisted) {
    return spec.revision;
  }
  const started = processes.map(({ activity, startedWith }) =>
    activity === "down" || startedWith?.hash === UNKNOWN_HASH ? 0 : (startedWith?.revision ?? 0),
  );
  return Math.min(...started) || null;
}
