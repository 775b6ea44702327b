import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import type { Clock } from "../../../lib/clock.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import type { SyncRequest } from "../../../protocol/sync.ts";

export type HostResources = SyncRequest["resources"];

/** How old what a sync declares may be, ms: a look at memory and disk costs as much as a tenth of the sync. */
const FRESH_MS = 30_000;

/** What changes only with the machine; looking it up reads files of /proc and /sys. */
const CPU_COUNT = availableParallelism();
const MEMORY_TOTAL_BYTES = totalmem();

/** What the host has now, the disk by the file system of `dataDir`. */
export async function measureHost(dataDir: string): Promise<HostResources> {
  return {
    cpuCount: CPU_COUNT,
    memoryTotalBytes: MEMORY_TOTAL_BYTES,
    memoryFreeBytes: freemem(),
    ...(await diskOf(dataDir)),
  };
}

/** `measureHost`, at most twice a minute. */
export function createHostMeter(clock: Clock): (dataDir: string) => Promise<HostResources> {
  let last: { readonly dataDir: string; readonly at: number; readonly resources: HostResources } | undefined;
  return async (dataDir) => {
    const at = clock.now();
    if (last?.dataDir === dataDir && at - last.at < FRESH_MS) {
      return last.resources;
    }
    const resources = await measureHost(dataDir);
    last = { dataDir, at, resources };
    return resources;
  };
}

/**
 * A data_dir that is not there yet has no file system to speak of; one that hangs holds up no sync.
 */
async function diskOf(dataDir: string): Promise<{ diskTotalBytes?: number; diskFreeBytes?: number }> {
  try {
    const { bsize, blocks, bavail } = await inTime(dataDir, () => statfs(dataDir));
    return { diskTotalBytes: blocks * bsize, diskFreeBytes: bavail * bsize };
  } catch {
    return {};
  }
}
