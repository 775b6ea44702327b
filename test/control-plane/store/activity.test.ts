import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Activity } from "../../../src/control-plane/store/contract/activity.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../../support/temp-dir.ts";

const DECLARATION = {
  version: "1",
  channel: "stable",
  hostName: "h",
  publicHost: null,
  capabilities: "{}",
  resources: "{}",
};
const KEY = { id: "k", name: "prod", fingerprint: "00000000" };

/** A store with one key and one executor, bound to it. */
async function openStore(path = join(tempDir(), "cp.db")) {
  const store = openSqliteStore(path);
  onTestFinished(() => store.close());
  await store.transaction(async ({ organizations, keys, executors }) => {
    await organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
    const key = { ...KEY, start: "exc_aa", organizationId: "o", createdAt: 0, expiresAt: null, target: null };
    await keys.insert({ ...key, hash: "marked-hash", lineageId: "k" });
    const executor = { ...DECLARATION, organizationId: "o", name: "e", kind: "agent", createdAt: 0 };
    await executors.insert({ ...executor, id: "e", enrolledBy: "k" });
    await executors.bind("e", { id: "k", lineageId: "k" }, "agent");
  });
  return store;
}

type Store = Awaited<ReturnType<typeof openStore>>;

const TIMES: readonly (readonly [
  what: string,
  activity: (at: number) => Activity,
  stored: (store: Store) => Promise<number | null | undefined>,
])[] = [
  [
    "the last use of a key",
    (at) => ({ kind: "key-used", keyId: "k", at }),
    async (store) => (await store.keys.byId("k"))?.lastUsedAt,
  ],
  [
    "the last sync of an executor",
    (at) => ({ kind: "synced", executorId: "e", key: KEY, declaration: DECLARATION, address: null, at }),
    async (store) => (await store.executors.byId("e"))?.lastSyncAt,
  ],
  [
    "the use of a key by an executor",
    (at) => ({ kind: "synced", executorId: "e", key: KEY, declaration: DECLARATION, address: null, at }),
    async (store) => (await store.keys.uses("k", 1))[0]?.lastUsedAt,
  ],
  [
    "the last refusal of a key",
    (at) => {
      const refusal = { reason: "revoked", message: "m", address: null, executorId: null, at };
      return { kind: "key-refused", keyId: "k", refusal };
    },
    async (store) => (await store.keys.refusal("k"))?.at,
  ],
];

describe.each(TIMES)("%s", (_what, activity, stored) => {
  it("moves forward and never back, because another control plane may be ahead", async () => {
    const store = await openStore();
    for (const [at, expected] of [
      [2000, 2000],
      [1000, 2000],
      [3000, 3000],
    ] as const) {
      await store.record([activity(at)]);
      expect(await stored(store), `after ${at}`).toBe(expected);
    }
  });

  it("gives way if it is in the future: the clock was set back", async () => {
    const store = await openStore();
    await store.record([activity(Date.now() + 3_600_000)]);
    const now = Date.now() - 1000;
    await store.record([activity(now)]);
    expect(await stored(store)).toBe(now);
  });
});

it("what was deleted is no longer in the file", async () => {
  const path = join(tempDir(), "cp.db");
  const store = await openStore(path);
  const file = () => readFileSync(path, "latin1");
  await store.close();
  expect(file()).toContain("marked-hash");
  const again = openSqliteStore(path);
  await again.transaction(({ keys }) => keys.delete("k"));
  await again.close();
  expect(file()).not.toContain("marked-hash");
});
