import { printable } from "../../lib/printable.ts";
import { checkNode, isSamePort } from "../../protocol/chains/check-node.ts";
import { portsOf } from "../../protocol/chains/ports.ts";
import { checkDowngrades } from "../../protocol/chains/version-order.ts";
import type { NodeCapabilities } from "../../protocol/nodes/node-exchange.ts";
import type { NodeConfig } from "../../protocol/nodes/node-spec.ts";
import type { NodeRefusalReason } from "../../protocol/refusal.ts";
import { ApiError, ApiErrorCode, type RequestIssue } from "../api-error.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";

/** What a configuration is checked against. */
export interface NodeSurroundings {
  readonly executorName: string;
  /** Undefined: its agent has never reported what it can run. */
  readonly capabilities: NodeCapabilities | undefined;
  /** The other nodes of the executor. */
  readonly others: readonly NodeRecord[];
}

/** Throws an ApiError that names every entry that is wrong, in the order of the catalogue. */
export function requireValid(config: NodeConfig, surroundings: NodeSurroundings): void {
  const wrong = checkNode(config);
  const isKnown = wrong.every(({ code }) => code !== "unknown_chain");
  // What does not exist is named once.
  const isWrong = (place: string) => wrong.some((issue) => issue.place === place);
  const all = isKnown ? unsupportedBy(config, surroundings) : [];
  const unsupported = all.filter(({ place }) => !isWrong(place));
  const taken = isKnown ? takenPorts(config, surroundings.others) : [];
  const issues = [...wrong, ...unsupported, ...taken];
  if (wrong.length > 0) {
    throw refusal(ApiErrorCode.badUserInput, "invalid_node_config", issues);
  }
  if (unsupported.length > 0) {
    throw refusal(ApiErrorCode.badUserInput, "chain_not_supported_by_executor", issues);
  }
  if (taken.length > 0) {
    throw refusal(ApiErrorCode.conflict, "port_taken", issues);
  }
}

/** Throws an ApiError if a version goes back, unless that is allowed: its data may be too new. */
export function requireNewer({ clients }: NodeConfig, before: NodeConfig): void {
  const versions = new Map(before.clients.map(({ role, client, version }) => [`${role} ${client}`, version]));
  const issues = checkDowngrades(clients, (role, client) => versions.get(`${role} ${client}`));
  if (issues.length > 0) {
    throw refusal(ApiErrorCode.badUserInput, "invalid_node_config", issues);
  }
}

/** Of entries whose form is wrong: they cannot be checked any further. */
export function invalidConfig(issues: readonly RequestIssue[]): ApiError {
  return refusal(ApiErrorCode.badUserInput, "invalid_node_config", issues);
}

function refusal(
  code: ApiError["code"],
  reason: NodeRefusalReason,
  issues: readonly RequestIssue[],
): ApiError {
  const what = issues.map(({ place, message }) => `${place}: ${message}`).join(" ");
  return new ApiError(code, `the node cannot be set up like this. ${printable(what, 1000)}`, reason, {
    issues,
  });
}

/** What the agent of this executor cannot run, though this control plane knows it. */
function unsupportedBy(
  { chain, network, nodeType, clients }: NodeConfig,
  { capabilities, executorName }: NodeSurroundings,
): readonly RequestIssue[] {
  const name = printable(executorName);
  const unsupported = (place: string, what: string): RequestIssue => ({
    code: "not_supported",
    place,
    message: `The agent of executor ${name} cannot run ${what}. Upgrade it, or choose another.`,
  });
  if (capabilities === undefined) {
    const message = `The agent of executor ${name} has not reported yet that it manages nodes. Wait for its next sync. If that does not help, upgrade the agent.`;
    return [{ code: "not_supported", place: "executor", message }];
  }
  const own = capabilities.chains.find((each) => each.chain === chain);
  if (own === undefined) {
    return [unsupported("chain", `the chain ${chain}`)];
  }
  return [
    ...(own.networks.includes(network) ? [] : [unsupported("network", `the network ${network} of ${chain}`)]),
    ...(own.nodeTypes.includes(nodeType) ? [] : [unsupported("nodeType", `a ${nodeType} node of ${chain}`)]),
    ...clients.flatMap(({ role, client, version }) => {
      const known = own.roles
        .find((each) => each.role === role)
        ?.clients.find((each) => each.client === client);
      return known?.versions.includes(version) === true
        ? []
        : [unsupported(`clients.${role}`, `${client} ${version} as ${role} of ${chain}`)];
    }),
  ];
}

/** Nodes that are being deleted count: their processes may still run. */
function takenPorts(config: NodeConfig, others: readonly NodeRecord[]): readonly RequestIssue[] {
  const taken = others
    .filter(({ isGone }) => !isGone)
    .flatMap(({ name, config: other }) =>
      other === undefined ? [] : portsOf(other).map((port) => ({ ...port, node: name })),
    );
  return portsOf(config).flatMap((port) => {
    const other = taken.find((each) => isSamePort(each, port));
    const place = `ports.${port.role}.${port.name}`;
    return other === undefined
      ? []
      : [
          {
            code: "port_taken",
            place,
            message: `Port ${port.port} is used by node ${other.node}. Choose another.`,
          },
        ];
  });
}
