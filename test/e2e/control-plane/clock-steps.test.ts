import { describe, expect, it } from "vitest";
import * as z from "zod";
import { randomKey } from "../../../src/control-plane/keys/random-key.ts";
import { startServer, type TestServer } from "../../support/control-plane/control-plane-server.ts";
import { isOnPostgres } from "../../support/control-plane/test-database.ts";
import { eventually } from "../../support/eventually.ts";

const HOUR_MS = 3_600_000;
/** More than the heartbeat timeout, and more than the minute of a refusal. */
const LATER_MS = 61_000;

const listed = z.object({
  executors: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      version: z.string(),
      lastSyncAt: z.number(),
      instances: z.array(z.object({ instanceId: z.string() })),
    }),
  ),
});

async function executor(server: TestServer) {
  const document =
    '{ executors(organization: "acme") { name status version lastSyncAt instances { instanceId } } }';
  const [first] = listed.parse((await server.manage(document)).data).executors;
  return first;
}

const events = ({ lines }: TestServer, event: string) =>
  lines.filter((line) => line.includes(`"event":"${event}"`)).length;

async function onlineExecutor() {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  expect((await server.sync(secret)).status).toBe(200);
  return { server, secret };
}

describe.each([
  ["back an hour", -HOUR_MS],
  ["forward an hour", HOUR_MS],
  ["back a little", -20_000],
  ["back a year", -365 * 24 * HOUR_MS],
])("the wall clock set %s:", (_what, stepMs) => {
  it("keeps an executor that syncs online, and logs once when a silent one goes offline", async () => {
    const { server, secret } = await onlineExecutor();
    server.clock.wallStepMs = stepMs;
    expect(await executor(server)).toMatchObject({ status: "online" });
    expect((await server.sync(secret)).status).toBe(200);
    expect(await executor(server)).toMatchObject({ status: "online", instances: [{}] });
    expect(events(server, "executor.disconnected") + events(server, "executor.reconnected")).toBe(0);
    server.clock.offsetMs = 29_000;
    expect(await executor(server)).toMatchObject({ status: "online" });
    server.clock.offsetMs = 31_000;
    expect(await executor(server)).toMatchObject({ status: "offline" });
    await eventually(() => events(server, "executor.disconnected") === 1, { describe: "it is said" });
    await server.sync(secret);
    expect(await executor(server)).toMatchObject({ status: "online" });
    // Several control planes have the order of what happened from its times alone.
    if (!isOnPostgres() || stepMs > 0) {
      await eventually(() => events(server, "executor.reconnected") > 0, { describe: "it is back" });
      expect(events(server, "executor.reconnected")).toBe(1);
    }
  });

  it("keeps an offline executor offline", async () => {
    const { server } = await onlineExecutor();
    server.clock.offsetMs = 31_000;
    await eventually(() => events(server, "executor.disconnected") === 1, { describe: "it went" });
    server.clock.wallStepMs = stepMs;
    expect(await executor(server)).toMatchObject({ status: "offline" });
  });

  it("logs a clone once when it appears, and once when it is gone", async () => {
    const { server, secret } = await onlineExecutor();
    const sync = (instanceId: string) => server.sync(secret, { instanceId });
    for (const id of ["a", "b", "a"]) {
      await sync(id);
    }
    server.clock.wallStepMs = stepMs;
    for (const id of ["b", "a", "b", "a"]) {
      await sync(id);
    }
    expect([events(server, "executor.duplicate"), events(server, "executor.duplicate-gone")]).toEqual([1, 0]);
    server.clock.offsetMs = 31_000;
    await sync("a");
    await sync("a");
    expect(events(server, "executor.duplicate")).toBe(1);
  });

  it("logs refusals once a minute, as before", async () => {
    const { server } = await onlineExecutor();
    const unknown = randomKey();
    await server.sync(unknown);
    server.clock.wallStepMs = stepMs;
    await server.sync(unknown);
    expect(events(server, "key.refused")).toBe(1);
    server.clock.offsetMs = LATER_MS;
    await server.sync(unknown);
    expect(events(server, "key.refused")).toBe(2);
  });

  it("logs once a minute that the store is down, as before", async () => {
    const server = await startServer();
    const secret = randomKey();
    await server.store.close();
    await server.sync(secret);
    server.clock.wallStepMs = stepMs;
    await server.sync(secret);
    expect(events(server, "store.unavailable")).toBe(1);
    server.clock.offsetMs = LATER_MS;
    await server.sync(secret);
    expect(events(server, "store.unavailable")).toBe(2);
  });
});

it("what a restart finds from before the clock was set back: missed when it stays silent, and overwritten when it syncs", async () => {
  const { server, secret } = await onlineExecutor();
  // As it was noted by a clock that was an hour ahead.
  server.clock.wallStepMs = HOUR_MS;
  await server.sync(secret, { version: "1.4.0" });
  await server.close();
  const silent = await startServer({}, server.directory);
  silent.clock.offsetMs = 31_000;
  await eventually(() => events(silent, "executor.disconnected") === 1, { describe: "it is missed" });
  expect(await executor(silent)).toMatchObject({ status: "offline" });
  await silent.close();
  const again = await startServer({}, server.directory);
  await again.sync(secret, { version: "1.4.1" });
  expect(events(again, "executor.disconnected")).toBe(0);
  await eventually(async () => (await executor(again))?.version === "1.4.1", {
    describe: "what it declares is stored",
  });
  const found = await executor(again);
  expect(Math.abs((found?.lastSyncAt ?? 0) - Date.now())).toBeLessThan(HOUR_MS / 2);
  const keys = await again.manage('{ apiKeys(organization: "acme") { lastUsedAt usedBy { lastUsedAt } } }');
  const key = z
    .object({
      apiKeys: z.array(
        z.object({ lastUsedAt: z.number(), usedBy: z.array(z.object({ lastUsedAt: z.number() })) }),
      ),
    })
    .parse(keys.data).apiKeys[0];
  for (const at of [key?.lastUsedAt ?? 0, key?.usedBy[0]?.lastUsedAt ?? 0]) {
    expect(Math.abs(at - Date.now())).toBeLessThan(HOUR_MS / 2);
  }
});
