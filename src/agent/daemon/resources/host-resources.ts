import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import type { Clock } from "../../../lib/clock.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import type { SyncRequest } from "../../../protocol/sync.ts";

export type HostResources = SyncRequest["resources"];

/** How old declared resources may be, ms: reading memory and disk costs a tenth of a sync. */
const FRESH_MS = 30_000;

/** Fixed while the host runs; reading it opens files of /proc and /sys. */
const CPU_COUNT = availableParallelism();
const MEMORY_TOTAL_BYTES = totalmem();

/** What the host has now; the disk is the file system of `dataDir`. */
export async function measureHost(dataDir: string): Promise<HostResources> {
  return {
    cpuCount: CPU_COUNT,
    memoryTotalBytes: MEMORY_TOTAL_BYTES,
    memoryFreeBytes: freemem(),
    ...(await diskOf(dataDir)),
  };
}

/** `measureHost`, but at most twice a minute. */
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

/** Nothing if data_dir does not exist yet. If it hangs, the sync does not wait for it. */
async function diskOf(dataDir: string): Promise<{ diskTotalBytes?: number; diskFreeBytes?: number }> {
  try {
    const { bsize, blocks, bavail } = await inTime(dataDir, () => statfs(dataDir));
    return { diskTotalBytes: blocks * bsize, diskFreeBytes: bavail * bsize };
  } catch {
    return {};
  }
}
