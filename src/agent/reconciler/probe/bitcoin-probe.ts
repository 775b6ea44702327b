import * as z from "zod";
import type { LocalRpc } from "./local-rpc.ts";
import { count, optionalCount, type ProbeReading, progressOf, silent, versionText } from "./probe-reading.ts";
import type { ProbeTarget } from "./probe-target.ts";

const failure = z.object({ message: z.string() });
const answers = z.array(
  z.object({
    id: z.number(),
    result: z.unknown().optional(),
    error: failure.nullish().catch({ message: "an error" }),
  }),
);
const chainInfo = z.object({
  blocks: count,
  headers: count,
  verificationprogress: z.number().min(0).nullish().catch(null),
  initialblockdownload: z.boolean().nullish().catch(null),
});
const networkInfo = z.object({ connections: optionalCount, subversion: versionText });

/** Bitcoin Core and what comes from it. */
export async function probeBitcoin(
  rpc: LocalRpc,
  { isLocal, syncMarginBlocks }: ProbeTarget,
): Promise<ProbeReading> {
  const methods = ["getblockchaininfo", "getnetworkinfo"];
  const given = answers.safeParse(
    await rpc.post(
      "/",
      methods.map((method, id) => ({ jsonrpc: "1.0", id, method, params: [] })),
    ),
  ).data;
  const [chain, network] = methods.map((_method, id) => given?.find((each) => each.id === id));
  const known = chainInfo.safeParse(chain?.result).data;
  if (known === undefined) {
    // While it starts it says what it is doing: `Loading block index…`
    return silent(
      chain?.error ? `it answers: ${chain.error.message}` : "its answer is not one of Bitcoin Core",
    );
  }
  const { blocks, verificationprogress, initialblockdownload } = known;
  const target = Math.max(blocks, known.headers);
  const about = networkInfo.safeParse(network?.result).data;
  return {
    kind: "answered",
    height: blocks,
    targetHeight: target,
    peers: about?.connections ?? null,
    progress: isLocal
      ? progressOf(blocks, target)
      : Math.min(1, verificationprogress ?? progressOf(blocks, target)),
    // A local chain without new blocks is in "initial download" for ever.
    isBehind: target - blocks > syncMarginBlocks || (!isLocal && initialblockdownload === true),
    version: about?.subversion ?? null,
  };
}
