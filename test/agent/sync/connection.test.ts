import { expect, it } from "vitest";
import { ExecutorKey } from "../../../src/agent/key/executor-key.ts";
import { createSyncClient } from "../../../src/agent/sync/sync-client.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { json } from "../../support/agent/behaviours.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { NEVER, SYNC_REQUEST } from "../../support/control-plane/test-client.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";

const MINUTE_MS = 60_000;

function clientAt(url: string) {
  let now = 0;
  const clock: Clock = { now: () => now, wall: (at) => at, fromWall: (at) => at };
  const options = {
    caPem: undefined,
    proxy: undefined,
    environment: {},
    userAgent: "test",
    deadlineMs: 60_000,
  };
  const client = createSyncClient({ ...options, url, key: new ExecutorKey(makeKey()) }, clock);
  return {
    syncAfter: async (ms: number) => {
      now += ms;
      return await client.sync(SYNC_REQUEST, NEVER);
    },
    renewConnection: () => client.renewConnection(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

it("a connection that works is replaced between its fourth and its sixth minute", async () => {
  await using server = await startFaultyServer();
  await using client = clientAt(server.url.replace("127.0.0.1", "localhost"));
  for (const [ms, connections] of [
    [0, 1],
    [3.9 * MINUTE_MS, 1],
    [2.2 * MINUTE_MS, 2],
    [3.9 * MINUTE_MS, 2],
    [2.2 * MINUTE_MS, 3],
  ] as const) {
    expect(await client.syncAfter(ms)).toMatchObject({ kind: "accepted" });
    expect(server.connectionCount()).toBe(connections);
  }
  await eventually(() => server.openConnectionCount() === 1, { describe: "the old connections have ended" });
});

it("one whose other end answers 503 is replaced after a minute or so, not at each sync", async () => {
  await using server = await startFaultyServer();
  await using client = clientAt(server.url);
  await client.syncAfter(0);
  server.respond(json(503, {}));
  for (let n = 0; n < 6; n += 1) {
    expect(await client.syncAfter(4000)).toMatchObject({ kind: "unreachable" });
  }
  expect(server.connectionCount()).toBe(1);
  await client.syncAfter(1.5 * MINUTE_MS);
  expect(server.connectionCount()).toBe(2);
  await client.syncAfter(10_000);
  expect(server.connectionCount()).toBe(2);
});

it.each([
  [401, "refused"],
  [403, "forbidden"],
] as const)("one whose other end answers %i is replaced within 10 s, and not again", async (status, kind) => {
  await using server = await startFaultyServer();
  await using client = clientAt(server.url);
  await client.syncAfter(0);
  server.respond(json(status, { statusCode: status, message: "No" }));
  expect(await client.syncAfter(0)).toMatchObject({ kind });
  expect(server.connectionCount()).toBe(1);
  for (let n = 0; n < 3; n += 1) {
    expect(await client.syncAfter(10_000)).toMatchObject({ kind });
    expect(server.connectionCount()).toBe(2);
  }
});

it("one that is not connected needs no replacement", async () => {
  await using server = await startFaultyServer();
  await using client = clientAt(server.url);
  await client.syncAfter(0);
  await server.stop();
  client.renewConnection();
  expect(await client.syncAfter(10)).toMatchObject({ cause: "connection-refused" });
  await server.restart();
  expect(await client.syncAfter(10)).toMatchObject({ kind: "accepted" });
  expect(server.openConnectionCount()).toBe(1);
});
