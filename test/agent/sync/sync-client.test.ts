import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { delay } from "../../../src/lib/delay.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { accepted } from "../../support/agent/behaviours.ts";
import { FAULTS, fault } from "../../support/agent/faults.ts";
import { type FaultyServer, startFaultyServer } from "../../support/agent/faulty-server.ts";
import { everythingIn, NEVER, SYNC_REQUEST, testClient } from "../../support/control-plane/test-client.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";

/** Anything that would not stay on one line as it is: `printable` leaves none of it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

describe("every fault", () => {
  let server: FaultyServer;
  beforeAll(async () => {
    server = await startFaultyServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(FAULTS.map((each) => [each.name, each] as const))("%s", async (_name, { behaviour, expected }) => {
    const secret = makeKey();
    const deadlineMs = expected.lastsUntilDeadline === true ? 1500 : 60_000;
    await using client = testClient(server.url, { secret, deadlineMs });
    server.respond(behaviour);
    const before = server.requests.length;
    const { lastsUntilDeadline: _, ...visible } = expected;

    const outcome = await client.sync(SYNC_REQUEST, NEVER);

    expect(outcome).toMatchObject(visible);
    expect(server.requests.slice(before).map(({ keyFingerprint: seen }) => seen)).toEqual([
      keyFingerprint(secret),
    ]);
    expect(everythingIn(outcome)).not.toContain(secret);
    for (const text of textsOf(outcome)) {
      expect(text).not.toMatch(UNPRINTABLE);
      if (outcome?.kind !== "accepted") {
        expect(text.length).toBeLessThanOrEqual(260);
      }
    }
    server.respond(accepted);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    expect(server.elsewhere).toEqual([]);
  });
});

describe("a sync", () => {
  it("presents the key and the whole request as GraphQL over HTTP", async () => {
    await using server = await startFaultyServer();
    const secret = makeKey();
    await using client = testClient(`${server.url}/`, { secret });

    await client.sync(SYNC_REQUEST, NEVER);

    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/graphql",
      keyFingerprint: keyFingerprint(secret),
      operationName: "SyncExecutor",
      input: SYNC_REQUEST,
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "user-agent": "novacula-agent/test",
      },
    });
  });

  it("gives the reply and the server's clock", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    const before = Date.now();
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    if (outcome?.kind !== "accepted") {
      throw new Error("not accepted");
    }
    expect(outcome.reply.key.id).toBe("key-1");
    // The header Date has whole seconds, and Node.js writes a cached one.
    expect(outcome.serverTimeMs).toBeGreaterThanOrEqual(before - 2000);
    expect(outcome.serverTimeMs).toBeLessThanOrEqual(Date.now());
  });

  it("keeps the path of a URL in front of /graphql", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(`${server.url}/novacula`);
    await client.sync(SYNC_REQUEST, NEVER);
    expect(server.requests[0]?.path).toBe("/novacula/graphql");
  });

  it("is answered by what follows early hints", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    server.respond((exchange) => {
      exchange.response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      accepted(exchange);
    });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });

  it("is not sent over plain HTTP to another host", async () => {
    await using client = testClient("http://cp.example.com");
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      kind: "unreachable",
      cause: "insecure-url",
    });
  });

  it("names host, port and remedy of a server that is not there, and is back with it", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    await server.stop();
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    expect(outcome).toMatchObject({
      kind: "unreachable",
      cause: "connection-refused",
      detail: `connection refused by 127.0.0.1:${server.port} (ECONNREFUSED)`,
      remedy: expect.stringContaining("the port"),
    });
    await server.restart();
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });

  it("names a host that does not exist", async () => {
    await using client = testClient("https://no-such-host.invalid");
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "dns",
      detail: expect.stringContaining("the name no-such-host.invalid"),
    });
  });
});

it("currentKey asks its own operation", async () => {
  await using server = await startFaultyServer();
  await using client = testClient(server.url);
  const outcome = await client.currentKey(
    { executorName: "agent-1", expectedOrganizationId: "org-1" },
    NEVER,
  );
  expect(outcome).toMatchObject({
    kind: "accepted",
    reply: { key: { id: "key-1" }, organization: { id: "org-1" } },
  });
  expect(server.requests[0]).toMatchObject({
    operationName: "CurrentKey",
    input: { executorName: "agent-1", expectedOrganizationId: "org-1" },
  });
});

describe("the connection", () => {
  it("is one for ten syncs", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    for (let count = 0; count < 10; count += 1) {
      expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
      await delay(20, NEVER);
    }
    expect(server.connectionCount()).toBe(1);
  });

  // undici alone would give this connection up after 4 s: every sync would make a new one.
  it.concurrent("outlasts the interval between two syncs", async () => {
    await using server = await startFaultyServer({ keepAliveTimeoutMs: 0 });
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    await delay(5000, NEVER);
    await client.sync(SYNC_REQUEST, NEVER);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  // undici alone takes 2 s off the server's hint of 1 s, and closes at once.
  it.concurrent("is kept although the server's hint is short", async () => {
    await using server = await startFaultyServer({ keepAliveTimeoutMs: 1000 });
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    await delay(1100, NEVER);
    await client.sync(SYNC_REQUEST, NEVER);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it("that went stale costs one repetition and no failed sync", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    server.respond(({ request, response }) => {
      if (request.connection === 1) {
        response.destroy();
      } else {
        accepted({ request, response, elsewhereUrl: "" });
      }
    });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it("that went stale is replaced exactly once", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    server.respond(({ response }) => response.destroy());
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "connection-lost" });
    expect(server.requests).toHaveLength(3);
  });

  it("that broke within an answer is not: the request had arrived", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    await client.sync(SYNC_REQUEST, NEVER);
    server.respond(fault("cut mid-body").behaviour);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "connection-lost",
      detail: `127.0.0.1:${server.port} ended its answer too early (200, UND_ERR_SOCKET)`,
    });
    expect(server.requests).toHaveLength(2);
  });

  it("that the server closed, and said so, is no stale one: a request that then fails is sent once", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url);
    server.respond((exchange) => {
      exchange.response.setHeader("connection", "close");
      accepted(exchange);
    });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    await eventually(() => server.openConnectionCount() === 0, { describe: "the connection has ended" });
    // The client hears of it in the next turn of the loop.
    await delay(50, NEVER);
    server.respond(({ response }) => response.destroy());
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "connection-lost" });
    expect(server.requests).toHaveLength(2);
  });

  it("is given up with a sync that did not end, and the next one has its own", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url, { deadlineMs: 1500 });
    server.respond(fault("hang").behaviour);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "timeout",
      detail: `no answer from 127.0.0.1:${server.port} within 1.5 s`,
      isConnected: true,
    });
    server.respond(accepted);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });
});

/** All texts of an outcome, wherever they are. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
