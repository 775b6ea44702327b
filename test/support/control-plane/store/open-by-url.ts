import { parseDatabaseUrl } from "../../../../src/control-plane/store/address/database-address.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { openStore } from "../../../../src/control-plane/store/open/open-store.ts";

/** Opens the store that a test database's URL names, in whatever process. */
export async function openByUrl(url: string): Promise<Store> {
  const parsed = parseDatabaseUrl(url);
  if ("problem" in parsed) {
    throw new Error(parsed.problem);
  }
  return openStore(parsed.found);
}
