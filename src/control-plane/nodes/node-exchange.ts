import { printable } from "../../lib/printable.ts";
import { withSudo } from "../../lib/shell-word.ts";
import { hashOfCapabilities } from "../../protocol/nodes/capabilities-hash.ts";
import type { NodesReply, NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { DamageLog } from "../log/damage-log.ts";
import type { Logger } from "../log/logger.ts";
import type { Activity } from "../store/contract/activity.ts";
import type { ExecutorNodes, NodeLookup, NodeReader, OwnNode } from "../store/contract/nodes.ts";
import type { ExecutorReference } from "../store/contract/references.ts";
import { StoreUnavailable, type Transactions } from "../store/contract/store.ts";
import { isBehind, nextChange } from "./change-number.ts";
import { nodeSpecOf } from "./node-spec-of.ts";
import { phaseOf } from "./phase.ts";
import { PhaseWatch } from "./phase-watch.ts";
import { isAboutAll, isRepeated, keep, type Reported, type ReportedNodes } from "./reported-nodes.ts";

/**
 * A whole report, or one about every node, at least this often: it repairs what a lost one left
 * wrong. At rest, the figures of all nodes travel together, so whole reports are rare.
 */
const WHOLE_EVERY_MS = 300_000;
/** While data of a deleted node is kept: only a whole report says that it was purged. */
const WHOLE_EVERY_WHILE_KEPT_MS = 30_000;

export interface NodeExchangeDeps {
  readonly store: Transactions & { readonly nodes: NodeReader };
  readonly lookups: NodeLookup;
  readonly reported: ReportedNodes;
  /** Writes it within seconds. */
  readonly note: (activity: Activity) => void;
  readonly damages: DamageLog;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicNow: () => number;
}

/** Answers what a sync says about nodes. */
export class NodeExchange {
  private readonly deps: NodeExchangeDeps;
  private readonly watch: PhaseWatch;

  constructor(deps: NodeExchangeDeps) {
    this.deps = deps;
    this.watch = new PhaseWatch(deps.logger, deps.monotonicNow);
  }

  /** `at` is epoch ms. What is reported about nodes of other executors is ignored. */
  async answer(executor: ExecutorReference, report: NodesReport, at: number): Promise<NodesReply> {
    const { lookups, reported } = this.deps;
    const before = await lookups.ofExecutor(executor.id);
    const known = reported.get(executor.id) ?? (await this.meet(executor.id, before));
    if (isRepeated(known, before, report)) {
      known.reportedAt = at;
      return this.reply(before, known, { wantsCapabilities: false, list: null });
    }
    const isAnyGone = goneIn(before.nodes, report).length > 0;
    const own = isAnyGone ? await this.release(executor, report, before) : before;
    const trusted = withTrueCapabilities(report);
    const hasCapabilities =
      trusted.capabilities !== null ||
      known.capabilitiesHash === report.capabilitiesHash ||
      (await this.deps.store.nodes.hasCapabilities(report.capabilitiesHash));
    this.accept(executor, own, known, trusted, hasCapabilities, at);
    const list = report.seen === own.changeNumber ? null : await this.list(executor.id);
    return this.reply(own, known, { wantsCapabilities: !hasCapabilities, list });
  }

  private reply(
    own: ExecutorNodes,
    known: Reported,
    { wantsCapabilities, list }: Pick<NodesReply, "wantsCapabilities" | "list">,
  ): NodesReply {
    return {
      changeNumber: own.changeNumber,
      count: list?.length ?? own.nodes.length,
      wantsCapabilities,
      wantsWhole: this.wantsWhole(own, known),
      list,
    };
  }

  /** The first report to this process. The phases that were logged before are in the store. */
  private async meet(executorId: string, own: ExecutorNodes): Promise<Reported> {
    const records = own.nodes.length === 0 ? [] : await this.deps.store.nodes.listOfExecutor(executorId);
    const observed = records.filter((node) => node.observed !== null);
    const phases = new Map(observed.map((node) => [node.id, phaseOf(node)]));
    return this.deps.reported.meet(executorId, { capabilitiesHash: own.capabilitiesHash, phases });
  }

  /** Keeps what is new in the report. Most reports say nothing new. */
  private accept(
    executor: ExecutorReference,
    own: ExecutorNodes,
    known: Reported,
    report: NodesReport,
    hasCapabilities: boolean,
    at: number,
  ): void {
    const { seen, isWhole, capabilitiesHash, capabilities } = report;
    const observed = ownIn(own.nodes, report);
    const news = keep(known, own.nodes, observed, isWhole);
    const isNew =
      known.reportedAt === null ||
      known.seen !== seen ||
      (hasCapabilities && known.capabilitiesHash !== capabilitiesHash) ||
      news.size > 0 ||
      (isWhole && own.nodes.length > 0);
    if (isNew) {
      const written = { seen, capabilitiesHash, capabilities, observed: news, isWhole, at };
      this.deps.note({ kind: "nodes-reported", executorId: executor.id, ...written });
    }
    this.watch.note(executor, own.nodes, { observed, isWhole }, known);
    this.warnIfBehind(executor, own, known, seen);
    known.seen = seen;
    known.reportedAt = at;
    known.wholeAt = isWhole || isAboutAll(own.nodes, observed) ? this.deps.monotonicNow() : known.wholeAt;
    known.capabilitiesHash = hasCapabilities ? capabilitiesHash : known.capabilitiesHash;
  }

  private warnIfBehind(
    executor: ExecutorReference,
    own: ExecutorNodes,
    known: Reported,
    seen: number | null,
  ): void {
    if (!isBehind(own, seen)) {
      known.isBehindLogged = false;
      return;
    }
    if (known.isBehindLogged) {
      return;
    }
    known.isBehindLogged = true;
    this.deps.logger.error(
      {
        event: "nodes.list-older",
        executorId: executor.id,
        executor: printable(executor.name),
        changeNumber: own.changeNumber,
        seen,
      },
      `Executor ${printable(executor.name)} holds a newer list of nodes than the database, as after a restored backup. ` +
        "Its nodes go on as they are, and the next change of any of them counts again. Fix: compare them with\n" +
        withSudo("novacula-control-plane nodes list"),
    );
  }

  private wantsWhole({ nodes }: ExecutorNodes, { wholeAt }: Reported): boolean {
    if (nodes.length === 0) {
      return false;
    }
    const ageMs = wholeAt === null ? Number.POSITIVE_INFINITY : this.deps.monotonicNow() - wholeAt;
    return (
      ageMs >= WHOLE_EVERY_MS || (ageMs >= WHOLE_EVERY_WHILE_KEPT_MS && nodes.some(({ isGone }) => isGone))
    );
  }

  /** Null if any row is damaged: a part of the list would be no list. */
  private async list(executorId: string): Promise<NodeSpec[] | null> {
    const records = await this.deps.store.nodes.listOfExecutor(executorId);
    for (const node of records) {
      this.deps.damages.note("node", node.id, node);
    }
    const specs = records.map(nodeSpecOf).filter((spec) => spec !== undefined);
    return specs.length === records.length ? specs : null;
  }

  /** Forgets nodes that the executor has deleted. While the store fails, it does so later. */
  private async release(
    executor: ExecutorReference,
    report: NodesReport,
    before: ExecutorNodes,
  ): Promise<ExecutorNodes> {
    try {
      const { gone, own } = await this.deps.store.transaction(async ({ nodes }) => {
        const now = await nodes.ofExecutor(executor.id);
        const released = goneIn(now.nodes, report);
        for (const { id, becomes } of released) {
          await (becomes === "kept" ? nodes.setGone(id) : nodes.delete(id));
        }
        await nodes.setChangeNumber(executor.id, nextChange(now, report.seen));
        return { gone: released, own: await nodes.ofExecutor(executor.id) };
      });
      for (const { id: nodeId, name: node, becomes } of gone) {
        const fields = { nodeId, node, executorId: executor.id, executor: printable(executor.name) };
        this.deps.logger.info(
          { ...fields, event: "node.gone" },
          `Executor ${fields.executor} has ${GONE[becomes]}`.replace("NODE", printable(node)),
        );
      }
      return own;
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return before;
      }
      throw error;
    }
  }
}

const GONE = {
  kept: "deleted node NODE and keeps its data. The name is free once the data is purged there.",
  forgotten: "deleted node NODE with its data, or purged what was kept. The name is free.",
} as const;

interface GoneNode extends OwnNode {
  readonly becomes: keyof typeof GONE;
}

/** Otherwise one executor could give the capabilities of others another meaning. */
function withTrueCapabilities(report: NodesReport): NodesReport {
  const { capabilities, capabilitiesHash } = report;
  return capabilities === null || hashOfCapabilities(capabilities) === capabilitiesHash
    ? report
    : { ...report, capabilities: null };
}

/**
 * Nodes that were ordered to be deleted and are gone by this report. One whose data was kept is
 * forgotten once a whole report no longer has it.
 */
function goneIn(nodes: readonly OwnNode[], { observed, isWhole }: NodesReport): readonly GoneNode[] {
  if (observed.length === 0 && !isWhole) {
    return [];
  }
  const deleted = nodes.filter(({ deletion }) => deletion !== null);
  return deleted.flatMap((node): readonly GoneNode[] => {
    const seen = observed.find(({ id }) => id === node.id);
    if (node.isGone) {
      return isWhole && seen === undefined ? [{ ...node, becomes: "forgotten" }] : [];
    }
    if (seen?.isGone !== true) {
      return [];
    }
    return [{ ...node, becomes: node.deletion?.keepData === true ? "kept" : "forgotten" }];
  });
}

const NOTHING: ReadonlyMap<string, ObservedNode> = new Map();

/** What the report says of the executor's own nodes, by their ids. Most reports say nothing. */
function ownIn(nodes: readonly OwnNode[], { observed }: NodesReport): ReadonlyMap<string, ObservedNode> {
  if (observed.length === 0) {
    return NOTHING;
  }
  const ids = new Set(nodes.map(({ id }) => id));
  return new Map(observed.filter(({ id }) => ids.has(id)).map((node) => [node.id, node]));
}
