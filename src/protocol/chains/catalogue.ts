import type { ChainAdapter } from "./adapters/adapter.ts";
import { BITCOIN } from "./adapters/bitcoin.ts";
import { DEV_ETHEREUM } from "./adapters/dev-ethereum.ts";
import { ETHEREUM } from "./adapters/ethereum.ts";
import { LITECOIN } from "./adapters/litecoin.ts";
import { MONERO } from "./adapters/monero.ts";

/** All chains that this release knows. A test decodes each of them with the schema. */
export const CATALOGUE: readonly ChainAdapter[] = [BITCOIN, LITECOIN, MONERO, ETHEREUM, DEV_ETHEREUM];

export function adapterOf(chain: string): ChainAdapter | undefined {
  return CATALOGUE.find((adapter) => adapter.chain === chain);
}
