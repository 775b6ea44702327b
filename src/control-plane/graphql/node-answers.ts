import { portsOf } from "../../protocol/chains/ports.ts";
import type { NodeConfig } from "../../protocol/nodes/node-spec.ts";
import { isDrifted, phaseOf, reasonOf } from "../nodes/phase.ts";
import type { NodeRecord, NodeRevision } from "../store/contract/nodes.ts";
import { decoded } from "./request/inputs.ts";
import { revisionsArguments } from "./request/node-inputs.ts";
import type { ResolverDeps } from "./resolver.ts";

/** Turns records about nodes into objects of the schema. */

type AnswerDeps = Pick<ResolverDeps, "store" | "damages" | "reportedNodes">;

/** Stands in for a configuration that cannot be read. */
const UNREADABLE: NodeConfig = {
  chain: "(damaged)",
  network: "(damaged)",
  nodeType: "(damaged)",
  clients: [],
  overrides: [],
  limits: [],
  ports: [],
};

export function nodeAnswer(stored: NodeRecord, deps: AnswerDeps) {
  const { store, damages, reportedNodes } = deps;
  const node = reportedNodes.latest(stored);
  damages.note("node", node.id, node);
  const { config = UNREADABLE, deletion, isGone, observed, ...rest } = node;
  return {
    ...rest,
    ...config,
    plannedPorts: portsOf(config),
    phase: phaseOf(node),
    isDrifted: !isGone && isDrifted(node.revision, observed),
    reason: reasonOf(node),
    observed,
    deletion: deletion === null ? null : { ...deletion, isDone: isGone },
    revisions: async (input: unknown) => {
      const revisions = await store.nodes.revisions(node.id, decoded(revisionsArguments, input).limit);
      return revisions.map((revision) => revisionAnswer(node.id, revision, damages));
    },
  };
}

function revisionAnswer(nodeId: string, revision: NodeRevision, damages: AnswerDeps["damages"]) {
  damages.note("nodeRevision", `${nodeId} ${revision.revision}`, revision);
  const { config = UNREADABLE, ...rest } = revision;
  return { ...config, ...rest };
}
