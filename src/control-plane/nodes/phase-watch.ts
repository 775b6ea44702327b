import { Flood } from "../../lib/log/flood.ts";
import { printable } from "../../lib/printable.ts";
import { shellWord, withSudo } from "../../lib/shell-word.ts";
import type { NodePhase } from "../../protocol/nodes/node-phase.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { Logger } from "../log/logger.ts";
import type { NodesReported } from "../store/contract/activity.ts";
import type { OwnNode } from "../store/contract/nodes.ts";
import type { ExecutorReference } from "../store/contract/references.ts";
import { phaseOf, reasonOf } from "./phase.ts";
import type { Reported } from "./reported-nodes.ts";

/** Of one executor, whose agent chooses how often its nodes change. */
const TRANSITIONS = { burst: 20, refillMs: 300_000 };

/**
 * Logs when a node comes into another phase. `error` counts once two reports in a row have it: a
 * process that fails and recovers between two reports is no incident.
 */
export class PhaseWatch {
  private readonly logger: Logger;
  private readonly flood: Flood;

  /** `now` is monotonic milliseconds. */
  constructor(logger: Logger, now: () => number) {
    this.logger = logger;
    this.flood = new Flood(TRANSITIONS, now);
  }

  /**
   * Compares a report with what was logged last. `observed` has the nodes that it mentions. All
   * others are as they were, or unknown to the executor if the report is whole.
   */
  note(
    executor: ExecutorReference,
    nodes: readonly OwnNode[],
    { observed, isWhole }: Pick<NodesReported, "observed" | "isWhole">,
    reported: Reported,
  ): void {
    if (observed.size === 0 && !isWhole && reported.suspects.size === 0) {
      return;
    }
    for (const node of nodes) {
      const seen = observed.get(node.id);
      if (seen === undefined && isWhole) {
        reported.suspects.delete(node.id);
        reported.phases.delete(node.id);
        continue;
      }
      if (seen === undefined) {
        if (reported.suspects.delete(node.id)) {
          this.enter(executor, node, "error", null, reported);
        }
        continue;
      }
      const phase = phaseOf({ ...node, observed: seen });
      const isNewError = phase === "error" && reported.phases.get(node.id) !== "error";
      if (isNewError && !reported.suspects.has(node.id)) {
        reported.suspects.add(node.id);
        continue;
      }
      reported.suspects.delete(node.id);
      this.enter(executor, node, phase, seen, reported);
    }
  }

  private enter(
    executor: ExecutorReference,
    node: OwnNode,
    to: NodePhase,
    seen: ObservedNode | null,
    { phases }: Reported,
  ): void {
    const from = phases.get(node.id) ?? "provisioning";
    phases.set(node.id, to);
    if (from === to) {
      return;
    }
    const heldBack = this.flood.admit(executor.id);
    if (heldBack === undefined) {
      return;
    }
    const reason = seen === null ? null : reasonOf({ ...node, observed: seen });
    const fields = {
      nodeId: node.id,
      node: printable(node.name),
      executorId: executor.id,
      executor: printable(executor.name),
      from,
      to,
      reason: reason === null ? undefined : printable(reason, 300),
      ...(heldBack > 0 && { heldBack }),
    };
    const subject = `Node ${fields.node} of executor ${fields.executor}`;
    this.logger.info(
      { ...fields, event: "node.lifecycle.transition" },
      `${subject}: ${from}, now ${to}.${leftOut(heldBack)}`,
    );
    if (to === "error") {
      const why = fields.reason === undefined ? "" : `: ${fields.reason}`;
      this.logger.error(
        { ...fields, event: "node.failed" },
        `${subject} is in error${why}. The details:\n${withSudo(`novacula-control-plane nodes show ${shellWord(node.name)}`)}`,
      );
    }
  }
}

function leftOut(count: number): string {
  return count === 0 ? "" : ` ${count} earlier changes of this executor's nodes were left out.`;
}
