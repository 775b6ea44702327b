import { CommandError } from "../../../lib/command-line/command-error.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type NodeAnswer, nodeAnswerSchema } from "../../daemon/nodes-part.ts";
import { type NodeStatus, type NodesStatus, nodesStatusSchema } from "../../daemon/status/nodes-status.ts";
import { findFolders } from "../host/agent-place.ts";
import { type AgentOperation, type AgentValue, askAgentFor } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";

/** A request to the hand takes up to a minute. */
const PATIENCE_MS = 60_000;

/** The nodes as the running agent sees them. Throws a CommandError if it does not answer. */
export async function askNodes(options: ConfigOptions, terminal: Terminal): Promise<NodesStatus> {
  const { runtimeDir } = await findFolders(options, terminal.environment);
  return answered(await askAgentFor(nodesStatusSchema, runtimeDir, "GET /nodes", 0, shutdownSignal()));
}

/** What became of a request. Throws a CommandError if the agent refuses or does not answer. */
export async function askAboutNode(
  operation: AgentOperation,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<NodeAnswer & { readonly kind: "done" }> {
  const { runtimeDir } = await findFolders(options, terminal.environment);
  const answer = answered(
    await askAgentFor(nodeAnswerSchema, runtimeDir, operation, PATIENCE_MS, shutdownSignal()),
  );
  if (answer.kind === "refused") {
    throw new CommandError("refused", answer.why);
  }
  return answer;
}

/** The node with this name. Throws a CommandError if there is none. */
export function nodeNamed(name: string, { nodes }: NodesStatus): NodeStatus {
  const node = nodes.find((each) => each.name === name && !each.waitsForName);
  if (node === undefined) {
    const names = nodes.map((each) => each.name).join(", ") || "none";
    throw new CommandError("not_found", `This host has no node ${printable(name, 40)}. Its nodes: ${names}.`);
  }
  return node;
}

function answered<Value>(answer: AgentValue<Value>): Value {
  if (answer.kind === "answered") {
    return answer.value;
  }
  throw answer.kind === "no-answer"
    ? new CommandError("no_answer", answer.why)
    : new CommandError("not_running", answer.why, { fix: asRoot("systemctl start novacula-agent") });
}
