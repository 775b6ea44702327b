import type { NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { NodePhase } from "../../protocol/nodes/node-phase.ts";
import { haveSameEssence, takeFigures } from "../../protocol/nodes/observed-figures.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { Activity } from "../store/contract/activity.ts";
import type { ExecutorNodes, NodeRecord, OwnNode } from "../store/contract/nodes.ts";

/**
 * Of the reports of an executor that have nothing but new figures, one in so many is written: once
 * in a quarter of an hour while its nodes run. They outlive a process that is killed, for executors
 * that do not come back. Others report everything to the process that follows.
 */
const FIGURES_WRITTEN_EVERY = 15;

/** What this process knows of an executor's nodes, some seconds before the store does. */
export interface Reported {
  seen: number | null;
  capabilitiesHash: string | null;
  /** When it last reported anything about nodes, epoch ms; null: not to this process. */
  reportedAt: number | null;
  /** When it last reported everything, monotonic ms; null: not to this process. */
  wholeAt: number | null;
  /** The phases that were logged last, by the id of the node. */
  phases: Map<string, NodePhase>;
  /** Nodes that were in error in the last report, and not in the one before. */
  suspects: Set<string>;
  isBehindLogged: boolean;
  /** What it observed last of each node, by its id. */
  observed: Map<string, ObservedNode>;
  /** The nodes of which the store has older figures. */
  held: Set<string>;
  /** How many reports with nothing but figures came since the last one that was written. */
  reportsHeld: number;
}

export type Observed = ReadonlyMap<string, ObservedNode>;

/** Of each executor that has reported nodes to this process. */
export class ReportedNodes {
  private readonly reported = new Map<string, Reported>();

  get(executorId: string): Reported | undefined {
    return this.reported.get(executorId);
  }

  /** Begins with an executor, of which this process knows only what the store knows. */
  meet(executorId: string, stored: Pick<Reported, "capabilitiesHash" | "phases">): Reported {
    const reported: Reported = {
      ...stored,
      seen: null,
      reportedAt: null,
      wholeAt: null,
      suspects: new Set(),
      isBehindLogged: false,
      observed: new Map(),
      held: new Set(),
      // In turn, so that a fleet does not write its figures all in the same minute.
      reportsHeld: this.reported.size % FIGURES_WRITTEN_EVERY,
    };
    this.reported.set(executorId, reported);
    return reported;
  }

  /** Of an executor that was deleted. */
  forget(executorId: string): void {
    this.reported.delete(executorId);
  }

  /** All that the store does not have yet, for the end of this process. */
  *takeHeld(): Generator<Activity> {
    for (const [executorId, known] of this.reported) {
      const { seen, capabilitiesHash, reportedAt: at } = known;
      const observed = takeHeld(known);
      if (observed.size > 0 && at !== null) {
        const news = { seen, capabilitiesHash, capabilities: null, observed, isWhole: false, at };
        yield { kind: "nodes-reported", executorId, ...news };
      }
    }
  }

  /** The record with what its executor has reported to this process since. */
  latest(node: NodeRecord): NodeRecord {
    const known = this.reported.get(node.executor.id);
    if (known === undefined || known.reportedAt === null || known.reportedAt < (node.observedAt ?? 0)) {
      return node;
    }
    const observed = known.observed.get(node.id) ?? node.observed;
    // What is not in a report is as it was, so it holds as of the last report.
    return { ...node, observed, observedAt: observed === null ? node.observedAt : known.reportedAt };
  }
}

/** Whether a report says only what is known, as eleven of twelve do. */
export function isRepeated(
  known: Reported,
  { changeNumber }: Pick<ExecutorNodes, "changeNumber">,
  report: NodesReport,
): boolean {
  return (
    report.observed.length === 0 &&
    !report.isWhole &&
    report.capabilities === null &&
    report.capabilitiesHash === known.capabilitiesHash &&
    report.seen === changeNumber &&
    known.seen === changeNumber &&
    known.reportedAt !== null &&
    known.suspects.size === 0
  );
}

/** Whether a whole report could say no more. Only a whole one says which kept data was purged. */
export function isAboutAll(nodes: readonly OwnNode[], observed: Observed): boolean {
  return observed.size > 0 && observed.size === nodes.length && nodes.every(({ isGone }) => !isGone);
}

/**
 * Keeps what a report says of nodes. Returns what of it the store needs now, together with figures
 * that were held until now. Figures move all the time while all is well, so they are held: an
 * executor reports everything to a process that does not know it.
 */
export function keep(
  known: Reported,
  own: readonly OwnNode[],
  observed: Observed,
  isWhole: boolean,
): Observed {
  if (isWhole) {
    known.observed = new Map(observed);
    known.held.clear();
    return observed;
  }
  let isNews = false;
  for (const [id, node] of observed) {
    const before = known.observed.get(id);
    if (before !== undefined && haveSameEssence(before, node)) {
      // What stays in memory is not replaced by what came, because that costs garbage collections.
      takeFigures(before, node);
    } else {
      isNews = true;
      known.observed.set(id, node);
    }
    known.held.add(id);
  }
  if (known.observed.size > own.length) {
    const ids = new Set(own.map(({ id }) => id));
    known.observed = new Map([...known.observed].filter(([id]) => ids.has(id)));
  }
  known.reportsHeld += observed.size > 0 ? 1 : 0;
  return isNews || known.reportsHeld >= FIGURES_WRITTEN_EVERY ? takeHeld(known) : NOTHING;
}

const NOTHING: Observed = new Map();

/** Without nodes that were forgotten since. */
function takeHeld(known: Reported): Observed {
  const taken = [...known.held].flatMap((id) => {
    const node = known.observed.get(id);
    return node === undefined ? [] : [[id, node] as const];
  });
  known.held.clear();
  known.reportsHeld = 0;
  return new Map(taken);
}

/** The change number that the executor saw last, as far as this process or the store knows. */
export function seenBy(reported: Reported | undefined, stored: number | null): NodesReport["seen"] {
  return reported === undefined ? stored : reported.seen;
}
