import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";

/** Opens the store that a test database's URL names, in whatever process. */
export async function openByUrl(url: string): Promise<Store> {
  return openSqliteStore(url.slice("file:".length));
}
