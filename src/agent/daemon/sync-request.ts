import { hostname } from "node:os";
import { VERSION } from "../../lib/version.ts";
import type { NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { ExecutorProcess, SyncRequest } from "../../protocol/sync.ts";
import type { AgentConfig } from "../config/schema/agent-config.ts";
import type { HostResources } from "./resources/host-resources.ts";

/** What differs from one sync to the next. */
interface SyncFacts {
  readonly instanceId: string;
  readonly resources: HostResources;
  readonly expectedOrganizationId: string | undefined;
  readonly nodes: NodesReport | undefined;
  readonly process: ExecutorProcess | undefined;
}

/** What every sync declares: the executor, what it can do, and the resources of its host. */
export function buildSyncRequest(
  config: AgentConfig,
  { instanceId, resources, expectedOrganizationId, nodes, process }: SyncFacts,
): SyncRequest {
  const { name, channel, publicHost } = config.agent;
  return {
    name,
    kind: "agent",
    version: VERSION,
    channel,
    instanceId,
    hostName: hostname(),
    ...(publicHost !== undefined && { publicHost }),
    ...(expectedOrganizationId !== undefined && { expectedOrganizationId }),
    capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
    resources,
    ...(nodes !== undefined && { nodes }),
    ...(process !== undefined && { process }),
  };
}
