import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { delay } from "../../../src/lib/delay.ts";
import { accepted } from "../../support/agent/behaviours.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../support/control-plane/test-client.ts";

describe("cancelling", () => {
  it("a sync under way gives undefined at once, and is no error", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    const controller = new AbortController();
    server.respond(() => controller.abort());
    expect(await client.sync(SYNC_REQUEST, controller.signal)).toBeUndefined();
    server.respond(accepted);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });

  it("beforehand sends nothing", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    expect(await client.sync(SYNC_REQUEST, AbortSignal.abort())).toBeUndefined();
    expect(server.connectionCount()).toBe(0);
  });

  it("by close gives undefined to the sync under way and to later ones", async () => {
    await using server = await startFaultyServer();
    const client = testClient(server.url);
    server.respond(() => client.close());
    expect(await client.sync(SYNC_REQUEST, NEVER)).toBeUndefined();
    expect(await client.sync(SYNC_REQUEST, NEVER)).toBeUndefined();
  });

  it("leaves nothing on the caller's signal", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count += 1) {
      await client.sync(SYNC_REQUEST, signal);
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

it("an exchange that waits behind one that hangs survives its end", async () => {
  await using server = await startFaultyServer();
  await using client = testClient(server.url, { deadlineMs: 4000 });
  server.respond((exchange) => {
    if (server.requests.length > 1) {
      accepted(exchange);
    }
  });
  const hanging = client.sync(SYNC_REQUEST, NEVER);
  await delay(3500, NEVER);
  // It has 3.5 s for its own answer once the first one has ended.
  const waiting = client.currentKey({ executorName: "agent-1" }, NEVER);
  expect(await hanging).toMatchObject({ cause: "timeout" });
  expect(await waiting).toMatchObject({ kind: "accepted" });
});
