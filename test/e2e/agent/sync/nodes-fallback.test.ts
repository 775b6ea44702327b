import { expect, it } from "vitest";
import { diagnoseKey } from "../../../../src/agent/key/diagnose-key.ts";
import { createSyncClient } from "../../../../src/agent/sync/sync-client.ts";
import type { Clock } from "../../../../src/lib/clock.ts";
import type { SyncRequest } from "../../../../src/protocol/sync.ts";
import { accepted, html, json, replyTo } from "../../../support/agent/behaviours.ts";
import {
  type Behaviour,
  type FaultyServer,
  startFaultyServer,
} from "../../../support/agent/faulty-server.ts";
import { makeKey } from "../../../support/keys.ts";

/** Control planes before this version do not know nodes. The executor stays online with them. */

const REQUEST: SyncRequest = {
  name: "agent-1",
  kind: "agent",
  version: "0.1.0",
  channel: "stable",
  instanceId: "instance-1",
  hostName: "host",
  capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
  resources: { cpuCount: 1, memoryTotalBytes: 1, memoryFreeBytes: 1 },
  nodes: { seen: null, capabilitiesHash: "a".repeat(64), capabilities: null, isWhole: true, observed: [] },
};
const NODES = { changeNumber: 1, count: 0, list: [], wantsCapabilities: true, wantsWhole: false };
const HOUR = 3_600_000;

/** As graphql-js answers a field that is not in its schema; with 200 and with 400. */
const validation = (message: string) => ({
  errors: [{ message, extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
});

/** Answers requests with nodes with `behaviour`, and accepts the others. */
function onlyWithout(behaviour: Behaviour): Behaviour {
  return (exchange) => (exchange.request.input["nodes"] === undefined ? accepted : behaviour)(exchange);
}

function withNodes(nodes: unknown): Behaviour {
  return (exchange) => {
    const reply = JSON.parse(JSON.stringify(replyTo(exchange, "agent-1")));
    reply.data.syncExecutor.nodes = nodes;
    json(200, reply)(exchange);
  };
}

function carried(server: FaultyServer): readonly boolean[] {
  return server.requests.map(({ input }) => input["nodes"] !== undefined);
}

function clientOf(server: FaultyServer) {
  let now = 0;
  const clock: Clock = { now: () => now, wall: (at) => at, fromWall: (at) => at };
  const { key } = diagnoseKey(makeKey(), { kind: "input" });
  if (key === undefined) {
    throw new Error("the key is damaged");
  }
  const options = {
    url: server.url,
    key,
    caPem: undefined,
    proxy: "none",
    environment: {},
    userAgent: "test",
    deadlineMs: 60_000,
  };
  const client = createSyncClient(options, clock);
  const wait = (ms: number) => {
    now += ms;
  };
  const sync = (request = REQUEST) => client.sync(request, new AbortController().signal);
  return { sync, close: () => client.close(), wait };
}

it.each([
  ["400", json(400, validation('Cannot query field "nodes" on type "SyncExecutorResult".'))],
  ["200", json(200, validation('Field "nodes" is not defined by type "SyncExecutorInput".'))],
  ["413 of a proxy", html(413, "Payload Too Large")],
  ["an answer about nodes that cannot be read", withNodes({ ...NODES, changeNumber: "new" })],
  [
    "a list that is too deep",
    withNodes({ ...NODES, list: JSON.parse(`${"[".repeat(1000)}${"]".repeat(1000)}`) }),
  ],
])(
  "%s: the request is repeated at once without nodes, and they are asked for again after an hour",
  async (_what, behaviour) => {
    await using server = await startFaultyServer();
    server.respond(onlyWithout(behaviour));
    const { sync, close, wait } = clientOf(server);
    expect(await sync()).toMatchObject({ kind: "accepted", reply: { nodes: null } });
    expect(carried(server)).toEqual([true, false]);
    wait(HOUR - 1);
    expect(await sync()).toMatchObject({ kind: "accepted" });
    expect(carried(server)).toEqual([true, false, false]);
    wait(1);
    server.respond(withNodes(NODES));
    expect(await sync()).toMatchObject({ kind: "accepted", reply: { nodes: NODES } });
    expect(carried(server)).toEqual([true, false, false, true]);
    await close();
  },
);

it("tells where the process runs before something is known of nodes", async () => {
  await using server = await startFaultyServer();
  server.respond(accepted);
  const { sync, close } = clientOf(server);
  const { nodes: _, ...early } = REQUEST;
  const process = { bootHash: "b".repeat(32), pid: 4711, unit: "novacula-agent.service" };
  expect(await sync({ ...early, process })).toMatchObject({ kind: "accepted" });
  expect(server.requests.map(({ input }) => input["process"])).toEqual([process]);
  server.respond((exchange) =>
    (exchange.request.input["process"] === undefined
      ? accepted
      : json(400, validation('Field "process" is not defined by type "SyncExecutorInput".')))(exchange),
  );
  expect(await sync({ ...early, process })).toMatchObject({ kind: "accepted" });
  expect(server.requests.at(-1)?.input).not.toHaveProperty("process");
  await close();
});

it("a refusal, an outage and a rejection of everything are what they are, and nodes are carried again", async () => {
  await using server = await startFaultyServer();
  const { sync, close } = clientOf(server);
  server.respond(json(401, { errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] }));
  expect(await sync()).toMatchObject({ kind: "refused" });
  server.respond(html(503, "Maintenance"));
  expect(await sync()).toMatchObject({ kind: "unreachable", cause: "server-error" });
  server.respond(json(400, validation('Cannot query field "key" on type "SyncExecutorResult".')));
  expect(await sync()).toMatchObject({ kind: "unreachable", cause: "rejected-request" });
  expect(carried(server)).toEqual([true, true, true, false]);
  server.respond(withNodes(NODES));
  expect(await sync()).toMatchObject({ kind: "accepted", reply: { nodes: NODES } });
  await close();
});
