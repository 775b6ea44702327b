import * as z from "zod";
import type { LocalRpc } from "./local-rpc.ts";
import { count, optionalCount, type ProbeReading, progressOf, silent, versionText } from "./probe-reading.ts";
import type { ProbeTarget } from "./probe-target.ts";

const answer = z.object({
  result: z.object({
    height: count,
    target_height: optionalCount,
    incoming_connections_count: optionalCount,
    outgoing_connections_count: optionalCount,
    synchronized: z.boolean().nullish().catch(null),
    busy_syncing: z.boolean().nullish().catch(null),
    version: versionText,
  }),
});

export async function probeMonero(
  rpc: LocalRpc,
  { isLocal, syncMarginBlocks }: ProbeTarget,
): Promise<ProbeReading> {
  const info = answer.safeParse(await rpc.post("/json_rpc", { jsonrpc: "2.0", id: "0", method: "get_info" }))
    .data?.result;
  if (info === undefined) {
    return silent("its answer is not one of monerod");
  }
  const target = Math.max(info.height, info.target_height ?? 0);
  const peers = [info.incoming_connections_count, info.outgoing_connections_count].filter(
    (each) => each !== null,
  );
  return {
    kind: "answered",
    height: info.height,
    targetHeight: target,
    peers: peers.length === 0 ? null : peers.reduce((sum, each) => sum + each, 0),
    progress: progressOf(info.height, target),
    isBehind:
      target - info.height > syncMarginBlocks ||
      (!isLocal && (info.synchronized === false || info.busy_syncing === true)),
    version: info.version,
  };
}
