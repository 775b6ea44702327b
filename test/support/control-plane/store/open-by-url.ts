import { parseDatabaseUrl } from "../../../../src/control-plane/store/address/database-address.ts";

import { type OpenedStore, openStore } from "../../../../src/control-plane/store/open/open-store.ts";

/** Opens the store that a test database's URL names, in whatever process. */
export async function openByUrl(url: string): Promise<OpenedStore> {
  const parsed = parseDatabaseUrl(url);
  if ("problem" in parsed) {
    throw new Error(parsed.problem);
  }
  return openStore(parsed.found);
}
