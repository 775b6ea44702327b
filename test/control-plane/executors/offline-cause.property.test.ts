import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, it } from "vitest";
import { KNOCKING_MS, offlineReason } from "../../../src/control-plane/executors/offline-reason.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { OFFLINE_CAUSES } from "../../../src/protocol/statuses.ts";
import { EXECUTOR_PAGE, momentAt, NO_EXECUTOR_FILTER } from "../../support/control-plane/list-pages.ts";
import { tempDir } from "../../support/temp-dir.ts";

const NOW = Date.UTC(2026, 5, 1);
const COUNT = 3000;

/** Times around everything that matters, with equal ones among them. */
const time = fc.constantFrom(
  ...[
    0,
    1,
    2,
    10_000,
    29_999,
    30_000,
    30_001,
    60_000,
    KNOCKING_MS - 1,
    KNOCKING_MS,
    KNOCKING_MS + 1,
    1e7,
  ].map((ago) => NOW - ago),
);
const maybe = fc.option(time, { nil: null });
const state = fc.record({
  lastSyncAt: maybe,
  stoppedAt: maybe,
  refusedAt: maybe,
  hasKey: fc.boolean(),
  enabled: fc.constantFrom(0, 1, null),
  revokedAt: maybe,
  revokesAt: fc.option(fc.oneof(time, fc.constant(NOW + 1)), { nil: null }),
  expiresAt: fc.option(fc.oneof(time, fc.constant(NOW + 1)), { nil: null }),
  reason: fc.constantFrom(
    "revoked",
    "expired",
    "damaged",
    "wrong_organization",
    "key_held_by_other_executor",
  ),
  keyRefusedAt: maybe,
});

it("the database finds, orders and counts executors by the cause that they are shown with", async () => {
  const path = `${tempDir()}/cp.db`;
  const store = openSqliteStore(path);
  const database = new DatabaseSync(path);
  database.exec("begin");
  database.prepare("insert into organization (id, name, slug, createdAt) values ('o', 'o', 'o', '')").run();
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const key =
    database.prepare(`insert into apikey (id, configId, name, referenceId, key, enabled, expiresAt, createdAt, updatedAt)
    values (?, 'executor', 'k', 'o', 'h', ?, ?, ?, ?)`);
  const side = database.prepare(
    "insert into executorKey (keyId, lineageId, revokedAt, revokesAt) values (?1, ?1, ?2, ?3)",
  );
  const refusal = database.prepare(
    "insert into keyRefusal (keyId, reason, message, at) values (?, ?, '', ?)",
  );
  const executor =
    database.prepare(`insert into executor (id, organizationId, name, kind, version, channel, hostName,
    capabilities, resources, createdAt, lastSyncAt, stoppedAt, refusedAt, lastRefusal, keyId)
    values (?1, 'o', ?1, 'agent', '1', 'stable', 'h', '{}', '{}', 0, ?2, ?3, ?4, ?5, ?6)`);
  for (const [n, each] of fc.sample(state, COUNT).entries()) {
    const keyId = each.hasKey ? `k${n}` : null;
    if (keyId !== null) {
      key.run(keyId, each.enabled, iso(each.expiresAt), iso(NOW), iso(NOW));
      side.run(keyId, each.revokedAt, each.revokesAt);
      if (each.keyRefusedAt !== null) {
        refusal.run(keyId, each.reason, each.keyRefusedAt);
      }
    }
    const shown = { key: { id: "", name: "", fingerprint: "" }, reason: "x", message: "", address: null };
    const last = each.refusedAt === null ? null : JSON.stringify({ ...shown, at: each.refusedAt });
    executor.run(`x${n}`, each.lastSyncAt, each.stoppedAt, each.refusedAt, last, keyId);
  }
  database.exec("commit");
  database.close();

  const moment = momentAt(NOW);
  const list = async (filter: object) => {
    const page = { ...EXECUTOR_PAGE, limit: COUNT, moment, filter: { ...NO_EXECUTOR_FILTER, ...filter } };
    return (await store.executors.list("o", page)).map(({ id }) => id).sort();
  };
  const expected = new Map<string, string[]>();
  const put = (name: string, id: string) => expected.set(name, [...(expected.get(name) ?? []), id].sort());
  const all = await store.executors.list("o", { ...EXECUTOR_PAGE, limit: COUNT, moment });
  for (const each of all) {
    const lastSyncAt = each.lastSyncAt ?? 0;
    const hasStopped = each.stoppedAt !== null && each.stoppedAt >= lastSyncAt;
    const isOnline = !hasStopped && NOW - lastSyncAt <= 30_000;
    const seen = { isOnline, lastSyncAt: each.lastSyncAt, stoppedAt: hasStopped ? each.stoppedAt : null };
    const reason = offlineReason(each, seen, NOW);
    put(isOnline ? "online" : "offline", each.id);
    if (reason !== null) {
      put(reason.cause, each.id);
      if (reason.isKnocking) {
        put("knocking", each.id);
      }
    }
  }
  expect(all).toHaveLength(COUNT);
  for (const status of ["online", "offline"]) {
    expect({ status, ids: await list({ status }) }).toEqual({ status, ids: expected.get(status) ?? [] });
  }
  for (const cause of OFFLINE_CAUSES) {
    expect({ cause, ids: await list({ cause }) }).toEqual({ cause, ids: expected.get(cause) ?? [] });
    expect(expected.get(cause)?.length ?? 0).toBeGreaterThan(0);
  }
  expect(await list({ concern: "refused" })).toEqual(expected.get("knocking"));
  const health = await store.executors.health("o", moment);
  for (const { cause, count } of health.offlineBy) {
    expect({ cause, count }).toEqual({ cause, count: (await list({ status: "offline", cause })).length });
  }
  expect(health.refused).toBe(expected.get("knocking")?.length);
  await store.close();
});
