import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, hostname, totalmem } from "node:os";
import type { AgentConfig } from "../config/agent-config.ts";
import { VERSION } from "../lib/version.ts";
import type { SyncRequest } from "../protocol/sync.ts";

/** What changes only with the machine; looking it up reads files of /proc and /sys. */
const CPU_COUNT = availableParallelism();
const MEMORY_TOTAL_BYTES = totalmem();

/** What every sync declares (A12): who this executor is, what it can do, what it has. */
export async function buildSyncRequest(
  config: AgentConfig,
  instanceId: string,
  expectedOrganizationId: string | undefined,
): Promise<SyncRequest> {
  const { name, channel, publicHost, dataDir } = config.agent;
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
    resources: {
      cpuCount: CPU_COUNT,
      memoryTotalBytes: MEMORY_TOTAL_BYTES,
      memoryFreeBytes: freemem(),
      ...(await diskOf(dataDir)),
    },
  };
}

/** A data_dir that is not there yet has no file system to speak of. */
async function diskOf(dataDir: string): Promise<{ diskTotalBytes?: number; diskFreeBytes?: number }> {
  try {
    const { bsize, blocks, bavail } = await statfs(dataDir);
    return { diskTotalBytes: blocks * bsize, diskFreeBytes: bavail * bsize };
  } catch {
    return {};
  }
}
