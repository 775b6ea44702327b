import { join } from "node:path";
import { pino } from "pino";
import { Client } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { createActivityWriter } from "../../../src/control-plane/executors/activity-writer.ts";
import { ExecutorFastPath, Recent } from "../../../src/control-plane/executors/executor-fast-path.ts";
import { ExecutorSync } from "../../../src/control-plane/executors/executor-sync.ts";
import { Presence } from "../../../src/control-plane/executors/presence/presence.ts";
import { ImmediatePresenceLog } from "../../../src/control-plane/executors/presence/presence-log.ts";
import { DamageLog } from "../../../src/control-plane/log/damage-log.ts";
import { RefusalLog } from "../../../src/control-plane/log/refusal-log.ts";
import { NodeExchange } from "../../../src/control-plane/nodes/node-exchange.ts";
import { ReportedNodes } from "../../../src/control-plane/nodes/reported-nodes.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { CURRENT_KEY, SYNC_EXECUTOR, SYNC_EXECUTOR_WITH_NODES } from "../../../src/protocol/operations.ts";
import { SYNC_INPUT, sendRaw, startServer } from "../../support/control-plane/control-plane-server.ts";
import { tempDir } from "../../support/temp-dir.ts";

const sync = (input: unknown, operationName?: string) => ({ source: SYNC_EXECUTOR, input, operationName });

const NODES = {
  seen: null,
  capabilitiesHash: "a".repeat(64),
  capabilities: null,
  isWhole: true,
  observed: [],
};
const PROCESS = {
  role: "node",
  client: "bitcoind",
  version: "28.0",
  status: "running",
  problem: null,
  since: 1,
  restarts: 0,
  height: 3.5,
};
const NODE = { id: "n", name: "btc-1", revision: 1, processes: [PROCESS], isGone: false, isUnlisted: false };

const PLACE = { bootHash: "0".repeat(32), pid: 4711, unit: null };

const withNodes = (nodes: object) => ({
  source: SYNC_EXECUTOR_WITH_NODES,
  input: { ...SYNC_INPUT, nodes: { ...NODES, ...nodes } },
  operationName: undefined,
});

const reference = z.object({ id: z.string() });
const syncedKey = z.object({ syncExecutor: z.object({ executor: reference, key: reference }) });

/** The same document in other words: not one of ours, so that graphql-js executes it. */
const inOtherWords = (source: string) => `${source} # `;

it.each([
  ["a sync", sync(SYNC_INPUT)],
  ["a sync by its name", sync(SYNC_INPUT, "SyncExecutor")],
  ["another operation's name", sync(SYNC_INPUT, "CurrentKey")],
  ["no input", sync(undefined)],
  ["an input that is none", sync("agent-1")],
  ["a name that is a number", sync({ ...SYNC_INPUT, name: 1 })],
  ["a kind that is unknown", sync({ ...SYNC_INPUT, kind: "robot" })],
  ["a field too many", sync({ ...SYNC_INPUT, colour: "red" })],
  ["a field of every object", sync({ ...SYNC_INPUT, constructor: 1 })],
  [
    "a field too many further in",
    sync({ ...SYNC_INPUT, resources: { ...SYNC_INPUT.resources, colour: "red" } }),
  ],
  [
    "a number that no Int holds",
    sync({ ...SYNC_INPUT, resources: { ...SYNC_INPUT.resources, cpuCount: 2 ** 31 } }),
  ],
  [
    "a fraction where an Int belongs",
    sync({ ...SYNC_INPUT, resources: { ...SYNC_INPUT.resources, cpuCount: 1.5 } }),
  ],
  ["an id that is a number", sync({ ...SYNC_INPUT, instanceId: 7 })],
  ["null where nothing is", sync({ ...SYNC_INPUT, publicHost: null, expectedOrganizationId: null })],
  [
    "one item where a list belongs",
    sync({ ...SYNC_INPUT, capabilities: { ...SYNC_INPUT.capabilities, features: "sync" } }),
  ],
  ["a name that is too long", sync({ ...SYNC_INPUT, name: "n".repeat(254) })],
  ["another organization", sync({ ...SYNC_INPUT, expectedOrganizationId: "elsewhere" })],
  [
    "a look at the key",
    { source: CURRENT_KEY, input: { executorName: "agent-1" }, operationName: undefined },
  ],
  ["a sync with nodes", withNodes({})],
  ["a node", withNodes({ observed: [NODE] })],
  ["a list that is held already", withNodes({ seen: 0 })],
  ["nodes for a document that asks for none", { ...sync(withNodes({}).input) }],
  ["a document that asks for nodes, without any", { ...withNodes({}), input: SYNC_INPUT }],
  ["where the process runs", { ...withNodes({}), input: { ...SYNC_INPUT, process: PLACE } }],
  ["a process of a sync without nodes", sync({ ...SYNC_INPUT, process: PLACE })],
  ["a PID that no Int holds", sync({ ...SYNC_INPUT, process: { ...PLACE, pid: 2 ** 31 } })],
  ["a boot that is no hash", sync({ ...SYNC_INPUT, process: { ...PLACE, bootHash: "boot" } })],
  ["a PID that is a process group", sync({ ...SYNC_INPUT, process: { ...PLACE, pid: -1 } })],
  [
    "a unit that a shell would run",
    sync({ ...SYNC_INPUT, process: { ...PLACE, unit: "a; reboot.service" } }),
  ],
  ["a unit with a path", sync({ ...SYNC_INPUT, process: { ...PLACE, unit: "../a.service" } })],
  ["a unit of two lines", sync({ ...SYNC_INPUT, process: { ...PLACE, unit: "a\nb" } })],
  ["nodes that are null", { ...withNodes({}), input: { ...SYNC_INPUT, nodes: null } }],
  ["a change number that is no integer", withNodes({ seen: 1.5 })],
  ["a hash that is none", withNodes({ capabilitiesHash: "abc" })],
  ["a revision that no Int holds", withNodes({ observed: [{ ...NODE, revision: 2 ** 31 }] })],
  [
    "a status that is unknown",
    withNodes({ observed: [{ ...NODE, processes: [{ ...PROCESS, status: "up" }] }] }),
  ],
  [
    "a reason of two lines",
    withNodes({ observed: [{ ...NODE, processes: [{ ...PROCESS, reason: "a\nb" }] }] }),
  ],
  ["a node too many", withNodes({ observed: Array(129).fill(NODE) })],
  ["a field too many in a node", withNodes({ observed: [{ ...NODE, colour: "red" }] })],
  [
    "capabilities",
    withNodes({
      capabilities: {
        chains: [
          {
            chain: "bitcoin",
            networks: ["mainnet"],
            nodeTypes: ["full"],
            roles: [{ role: "node", clients: [{ client: "bitcoind", versions: ["28.0"], installed: [] }] }],
          },
        ],
      },
    }),
  ],
  ["a look without a name", { source: CURRENT_KEY, input: {}, operationName: undefined }],
])("answers %s as graphql-js does", async (_what, { source, input, operationName }) => {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const client = new Client(server.url);
  onTestFinished(() => client.destroy());
  const ask = (query: string) =>
    sendRaw(
      client,
      { "content-type": "application/json", authorization: `Bearer ${secret}` },
      JSON.stringify({ query, variables: { input }, operationName }),
    );
  await ask(SYNC_EXECUTOR);
  const { headers: _directHeaders, ...direct } = await ask(source);
  const { headers: _headers, ...asked } = await ask(inOtherWords(source));
  expect(direct).toEqual(asked);
});

it("answers with exactly the fields of the document, in its order", async () => {
  const now = Date.now();
  const server = await startServer({ now: () => now });
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const body = async (query: string, instanceId: string, nodes?: object) => {
    const input = { ...SYNC_INPUT, instanceId, nodes };
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query, variables: { input }, extra: "ignored" }),
    });
    return response.text();
  };
  for (const instanceId of ["one", "two", "one", "two"]) {
    await body(SYNC_EXECUTOR, instanceId);
  }
  const direct = await body(SYNC_EXECUTOR, "one");
  expect(direct).toContain('"duplicates":[{"instanceId":"two"');
  expect(await body(inOtherWords(SYNC_EXECUTOR), "one")).toBe(direct);
  const nodes = await body(SYNC_EXECUTOR_WITH_NODES, "one", NODES);
  expect(nodes).toContain('"nodes":{"changeNumber":0,"count":0,');
  expect(await body(inOtherWords(SYNC_EXECUTOR_WITH_NODES), "one", NODES)).toBe(nodes);
});

it("answers the documents of executors and hands on all others, parsed", async () => {
  const store = openSqliteStore(join(tempDir(), "cp.db"));
  onTestFinished(() => store.close());
  const logger = pino({ enabled: false });
  const now = Date.now;
  const pace = { timeoutMs: 30_000, askedIntervalMs: null, factor: 1 };
  const executorSync = new ExecutorSync({
    store,
    lookups: store,
    activityWriter: createActivityWriter(store, logger),
    presence: new Presence(pace, logger, now, new ImmediatePresenceLog(logger, () => undefined)),
    nodeExchange: new NodeExchange({
      store,
      lookups: store.nodes,
      reported: new ReportedNodes(),
      note: () => undefined,
      damages: new DamageLog(logger),
      logger,
      monotonicNow: now,
    }),
    refusals: new RefusalLog(logger, now),
    damages: new DamageLog(logger),
    pace,
    maxExecutorsPerKey: 100,
    monotonicNow: now,
    version: "1.4.0",
    now,
  });
  await store.transaction(async (transaction) => {
    await transaction.organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
    const key = { name: "prod", start: "exc_aa", createdAt: 0, expiresAt: null, target: null };
    await transaction.keys.insert({ ...key, id: "k", hash: "h", organizationId: "o", lineageId: "k" });
  });
  const key = await store.keys.byHash("h");
  if (key === undefined) {
    throw new Error("the key is there");
  }
  const documents = new ExecutorFastPath(executorSync, now);
  const answer = (query: string, input: object) =>
    documents.answer(JSON.stringify({ query, variables: { input } }), { key, address: null });
  const look = { executorName: "agent-1" };
  for (const repeated of [false, true]) {
    expect(await answer(SYNC_EXECUTOR, SYNC_INPUT), `repeated: ${repeated}`).toMatchObject({
      kind: "answered",
      body: { data: { syncExecutor: { key: { id: "k" } } } },
    });
  }
  expect(await answer(CURRENT_KEY, look)).toMatchObject({
    kind: "answered",
    body: { data: { currentKey: { key: { id: "k" } } } },
  });
  expect(await answer(inOtherWords(SYNC_EXECUTOR), SYNC_INPUT)).toEqual({
    kind: "other",
    request: { query: inOtherWords(SYNC_EXECUTOR), variables: { input: SYNC_INPUT } },
  });
  expect(await answer(inOtherWords(CURRENT_KEY), look)).toEqual({
    kind: "other",
    request: { query: inOtherWords(CURRENT_KEY), variables: { input: look } },
  });
  expect(await answer(SYNC_EXECUTOR, { ...SYNC_INPUT, colour: "red" })).toMatchObject({ kind: "other" });
  const long = {
    ...SYNC_INPUT,
    capabilities: { ...SYNC_INPUT.capabilities, features: Array(100).fill("f".repeat(100)) },
  };
  expect(await answer(SYNC_EXECUTOR, long)).toMatchObject({ kind: "answered" });
});

describe("a sync that repeats the one before to the letter", () => {
  it("is answered like a new one, for another key too", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    await server.createOrganization("globex");
    const [one, other] = [await server.createKey(), await server.createKey({ organization: "globex" })];
    const replies = [];
    for (const { secret } of [one, one, other, one, other]) {
      replies.push(syncedKey.parse((await server.sync(secret)).data).syncExecutor);
    }
    expect(replies.map(({ key }) => key.id)).toEqual([one.id, one.id, other.id, one.id, other.id]);
    expect(new Set(replies.map(({ executor }) => executor.id)).size).toBe(2);
  });

  it("is refused once its key is revoked", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret, id } = await server.createKey();
    for (let n = 0; n < 3; n += 1) {
      expect((await server.sync(secret)).status).toBe(200);
    }
    await server.revokeKey(id);
    expect(await server.sync(secret)).toMatchObject({ status: 401, reason: "revoked" });
  });

  it("keeps its executor online", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    for (let n = 0; n < 5; n += 1) {
      server.clock.offsetMs += 20_000;
      await server.sync(secret);
    }
    expect(server.lines.filter((line) => line.includes("executor.disconnected"))).toEqual([]);
    const { data } = await server.manage('{ executors(organization: "acme", limit: 1) { status } }');
    expect(data).toEqual({ executors: [{ status: "online" }] });
  });
});

describe("what is remembered", () => {
  function recent() {
    const clock = { now: 0 };
    return { clock, kept: new Recent<string>(() => clock.now) };
  }

  it("keeps what is used, however long", () => {
    const { clock, kept } = recent();
    kept.set("a", "one");
    for (clock.now = 0; clock.now < 600_000; clock.now += 59_000) {
      expect(kept.get("a")).toBe("one");
    }
  });

  it("drops what was not used for two minutes, while others were", () => {
    const { clock, kept } = recent();
    kept.set("a", "one");
    kept.set("b", "two");
    for (; clock.now < 120_000; clock.now += 10_000) {
      kept.get("b");
    }
    expect([kept.get("a"), kept.get("b")]).toEqual([undefined, "two"]);
  });

  it("lets everything go in a long silence", () => {
    const { clock, kept } = recent();
    kept.set("a", "one");
    clock.now = 120_000;
    expect(kept.get("a")).toBeUndefined();
  });

  it("takes the newer value of an id", () => {
    const { clock, kept } = recent();
    kept.set("a", "one");
    clock.now = 60_000;
    kept.set("a", "two");
    expect(kept.get("a")).toBe("two");
  });
});
