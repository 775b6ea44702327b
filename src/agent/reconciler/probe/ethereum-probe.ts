import * as z from "zod";
import type { LocalRpc } from "./local-rpc.ts";
import { type ProbeReading, progressOf, silent, versionText } from "./probe-reading.ts";
import type { ProbeTarget } from "./probe-target.ts";

/** `0x1b4`, of a size that a number can hold. */
const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,13}$/iu)
  .transform(Number);
const maybeQuantity = quantity
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const syncing = z.union([
  z.literal(false),
  z.object({ currentBlock: maybeQuantity, highestBlock: maybeQuantity }),
]);
const answers = z.array(z.object({ id: z.number(), result: z.unknown().optional() }));

/** An execution client, or a chain for development. */
export async function probeEthereum(
  rpc: LocalRpc,
  { isLocal, syncMarginBlocks }: ProbeTarget,
): Promise<ProbeReading> {
  const methods = ["eth_blockNumber", "eth_syncing", "net_peerCount", "web3_clientVersion"];
  const given = answers.safeParse(
    await rpc.post(
      "/",
      methods.map((method, id) => ({ jsonrpc: "2.0", id, method, params: [] })),
    ),
  ).data;
  const [blockNumber, isSyncing, peerCount, version] = methods.map(
    (_method, id) => given?.find((each) => each.id === id)?.result,
  );
  const height = quantity.safeParse(blockNumber).data;
  const state = syncing.safeParse(isSyncing).data;
  if (height === undefined || state === undefined) {
    return silent("its answer is not one of an Ethereum client");
  }
  const target = Math.max(height, state === false ? 0 : (state.highestBlock ?? 0));
  return {
    kind: "answered",
    height,
    targetHeight: target,
    peers: maybeQuantity.parse(peerCount),
    progress: state === false && height === 0 && !isLocal ? 0 : progressOf(height, target),
    // Without a consensus client it stays at the first block and says that it does not sync.
    isBehind:
      state === false ? height === 0 && !isLocal : target - height > syncMarginBlocks || target === height,
    version: versionText.parse(version),
  };
}

/** Numbers in the Beacon API are decimal texts. */
const decimal = z
  .string()
  .regex(/^[0-9]{1,15}$/u)
  .transform(Number);
const syncAnswer = z.object({
  data: z.object({
    head_slot: decimal,
    sync_distance: decimal,
    is_syncing: z.boolean(),
    is_optimistic: z.boolean().nullish().catch(null),
    el_offline: z.boolean().nullish().catch(null),
  }),
});
const peersAnswer = z.object({ data: z.object({ connected: decimal }) });
const versionAnswer = z.object({ data: z.object({ version: versionText }) });

/** A consensus client. */
export async function probeBeacon(rpc: LocalRpc, { syncMarginBlocks }: ProbeTarget): Promise<ProbeReading> {
  const found = syncAnswer.safeParse(await rpc.get("/eth/v1/node/syncing")).data?.data;
  if (found === undefined) {
    return silent("its answer is not one of a consensus client");
  }
  const target = found.head_slot + found.sync_distance;
  return {
    kind: "answered",
    height: found.head_slot,
    targetHeight: target,
    peers: peersAnswer.safeParse(await rpc.get("/eth/v1/node/peer_count")).data?.data.connected ?? null,
    progress: progressOf(found.head_slot, target),
    isBehind:
      (found.is_syncing && found.sync_distance > syncMarginBlocks) ||
      found.is_optimistic === true ||
      found.el_offline === true,
    version: versionAnswer.safeParse(await rpc.get("/eth/v1/node/version")).data?.data.version ?? null,
  };
}
