import type { NodeCapabilities, NodesReply, NodesReport } from "../../../protocol/nodes/node-exchange.ts";
import { figuresOf, haveSameEssence } from "../../../protocol/nodes/observed-figures.ts";
import type { ObservedNode } from "../../../protocol/nodes/observed-node.ts";

/** Figures of nodes that are at rest travel this rarely, ms. */
const FIGURES_AT_REST_MS = 60_000;

/** What the next report is made from. */
export interface ReportSource {
  readonly observed: readonly ObservedNode[];
  /** The change number of the accepted list. */
  readonly seen: number | null;
  readonly capabilities: NodeCapabilities;
  readonly capabilitiesHash: string;
  /** `[reporter].interval_secs`, ms. */
  readonly intervalMs: number;
  /** Monotonic, ms. */
  readonly now: number;
}

interface Told {
  readonly node: ObservedNode;
  readonly figuresAt: number;
}

/**
 * What a sync carries of nodes. Status, cause, revision and restarts travel with the next sync.
 * Figures travel at `[reporter].interval_secs` while a process starts or syncs, and otherwise every
 * minute, at a phase of this executor's own. Only what the control plane has not accepted yet
 * travels; everything does in the first report, and whenever it asks.
 */
export class NodesReporter {
  readonly #phaseMs: number;
  readonly #told = new Map<string, Told>();
  /** These were found to have none. */
  #withoutNews: readonly ObservedNode[] | undefined;
  #isWholeWanted = true;
  #areCapabilitiesWanted = false;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#phaseMs = random() * FIGURES_AT_REST_MS;
  }

  next(source: ReportSource): NodesReport {
    const { observed, seen, capabilities, capabilitiesHash } = source;
    return {
      seen,
      capabilitiesHash,
      capabilities: this.#areCapabilitiesWanted ? capabilities : null,
      isWhole: this.#isWholeWanted,
      observed: this.#isWholeWanted ? [...observed] : observed.filter((node) => this.#isNews(node, source)),
    };
  }

  /** Whether something other than figures waits to be reported. */
  hasNews(observed: readonly ObservedNode[]): boolean {
    if (observed === this.#withoutNews) {
      return false;
    }
    const hasNews = observed.some((node) => !isTold(this.#told.get(node.id), node));
    this.#withoutNews = hasNews ? undefined : observed;
    return hasNews;
  }

  /** The control plane has accepted `report`. */
  accepted(report: NodesReport, reply: Pick<NodesReply, "wantsCapabilities" | "wantsWhole">, now: number) {
    if (report.isWhole) {
      this.#told.clear();
    }
    if (report.isWhole || report.observed.length > 0) {
      this.#withoutNews = undefined;
    }
    for (const node of report.observed) {
      const figuresAt = report.isWhole ? now - this.#phaseMs : now;
      this.#told.set(node.id, { node, figuresAt });
    }
    this.#isWholeWanted = reply.wantsWhole;
    this.#areCapabilitiesWanted = reply.wantsCapabilities;
  }

  /** The next report goes to a control plane that may know nothing. */
  startOver(): void {
    this.#isWholeWanted = true;
    this.#areCapabilitiesWanted = false;
    this.#told.clear();
    this.#withoutNews = undefined;
  }

  #isNews(node: ObservedNode, { intervalMs, now }: ReportSource): boolean {
    const told = this.#told.get(node.id);
    if (!isTold(told, node)) {
      return true;
    }
    const period = isMoving(node) ? Math.min(intervalMs, FIGURES_AT_REST_MS) : FIGURES_AT_REST_MS;
    return now - told.figuresAt >= period && figuresOf(told.node) !== figuresOf(node);
  }
}

/** Whether the control plane has accepted everything about the node but its figures. */
function isTold(told: Told | undefined, node: ObservedNode): told is Told {
  return told !== undefined && haveSameEssence(told.node, node);
}

function isMoving({ processes }: ObservedNode): boolean {
  return processes.some(({ status }) => status === "starting" || status === "syncing");
}
