import type { ChainAdapter } from "./adapter.ts";
import { BITCOIN } from "./bitcoin.ts";
import { DEV_ETHEREUM } from "./dev-ethereum.ts";
import { ETHEREUM } from "./ethereum.ts";
import { LITECOIN } from "./litecoin.ts";
import { MONERO } from "./monero.ts";

/** All chains that this release knows. A test decodes each of them with the schema. */
export const CATALOGUE: readonly ChainAdapter[] = [BITCOIN, LITECOIN, MONERO, ETHEREUM, DEV_ETHEREUM];

export function adapterOf(chain: string): ChainAdapter | undefined {
  return CATALOGUE.find((adapter) => adapter.chain === chain);
}
