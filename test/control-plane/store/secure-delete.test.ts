import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { ACME, newKey } from "../../support/control-plane/store/new-records.ts";
import { tempDir } from "../../support/temp-dir.ts";

it("what was deleted is no longer in the file", async () => {
  const path = join(tempDir(), "cp.db");
  const store = openSqliteStore(path);
  const file = () => readFileSync(path, "latin1");
  await store.transaction(async ({ organizations, keys }) => {
    await organizations.insert(ACME);
    await keys.insert(newKey("k", { hash: "marked-hash" }));
  });
  await store.close();
  expect(file()).toContain("marked-hash");
  const again = openSqliteStore(path);
  await again.transaction(({ keys }) => keys.delete("k"));
  await again.close();
  expect(file()).not.toContain("marked-hash");
});
