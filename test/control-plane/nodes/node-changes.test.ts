import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { hashOfCapabilities } from "../../../src/protocol/nodes/capabilities-hash.ts";
import { MAX_NODES } from "../../../src/protocol/nodes/node-spec.ts";
import {
  type Answer,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { gone, LITECOIN, nodeExecutor, running, written } from "../../support/control-plane/node-executor.ts";

async function scene() {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const executor = nodeExecutor(server, secret);
  await executor.sync();
  return { server, secret, executor };
}

const refusal = z.object({
  errors: z
    .array(
      z.object({
        extensions: z.object({
          reason: z.string().optional(),
          issues: z.array(z.object({ place: z.string(), code: z.string() })).optional(),
        }),
      }),
    )
    .length(1),
});

/** The reason of a refusal, and `place code` of each entry that it names. */
function refused(answer: Answer) {
  const [error] = refusal.parse(JSON.parse(answer.text)).errors;
  const entries = (error?.extensions.issues ?? []).map(({ place, code }) => `${place} ${code}`);
  return { code: answer.code, reason: error?.extensions.reason, entries };
}

const create = (server: TestServer, input: object) =>
  server.manage("mutation($input: CreateNodeInput!) { createNode(input: $input) { node { id } warnings } }", {
    input: { organization: "acme", executor: "agent-1", name: "ltc-1", ...LITECOIN, ...input },
  });
const update = (server: TestServer, id: string, expectedRevision: number, input: object) =>
  server.manage(
    `mutation($id: ID!, $expectedRevision: Int!, $input: UpdateNodeInput!) {
      updateNode(id: $id, expectedRevision: $expectedRevision, input: $input) { node { revision } warnings } }`,
    { id, expectedRevision, input },
  );
const act = (server: TestServer, id: string, action: string) =>
  server.manage(
    `mutation($id: ID!) { requestNodeLifecycleAction(id: $id, action: ${action}) { revision desiredState } }`,
    { id },
  );
const remove = (server: TestServer, id: string, confirmName: string, keepData = false) =>
  server.manage(
    "mutation($id: ID!, $confirmName: String!, $keepData: Boolean!) { deleteNode(id: $id, confirmName: $confirmName, keepData: $keepData) { id } }",
    { id, confirmName, keepData },
  );
const closeLost = (server: TestServer, id: string, confirmName: string) =>
  server.manage(
    "mutation($id: ID!, $confirmName: String!) { closeLostNode(id: $id, confirmName: $confirmName) { name } }",
    {
      id,
      confirmName,
    },
  );

const details = (text: string) => z.record(z.string(), z.unknown()).parse(JSON.parse(text));

describe("a specification that is wrong", () => {
  it.each([
    ["names", { name: "LTC_1" }, ["name bad_value"]],
    [
      "forms",
      { chain: "Bit coin", ports: [{ role: "node", name: "p2p", port: 80 }] },
      ["chain bad_value", "ports.node.p2p.port bad_value"],
    ],
    ["an unknown chain", { chain: "dogecoin" }, ["chain unknown_chain"]],
    ["an unknown network", { network: "moonnet" }, ["network unknown_network"]],
    [
      "a value with a line break",
      { overrides: [{ role: "node", key: "dbcache", value: "1\nrpcbind=0.0.0.0" }] },
      ["overrides.node.dbcache.value bad_value"],
    ],
    [
      "all of its entries",
      {
        nodeType: "huge",
        clients: [{ role: "node", client: "litecoind", version: "9.9.9" }],
        overrides: [
          { role: "node", key: "rpcbind", value: "0.0.0.0" },
          { role: "node", key: "frobnicate", value: "1" },
          { role: "node", key: "dbcache", value: "much" },
        ],
        limits: [{ role: "beacon", memoryBytes: 1e9 }],
        ports: [{ role: "node", name: "web", port: 8080 }],
      },
      [
        "nodeType unknown_node_type",
        "clients.node unknown_version",
        "overrides.node.rpcbind managed_setting",
        "overrides.node.frobnicate unknown_setting",
        "overrides.node.dbcache bad_value",
        "limits.beacon unknown_role",
        "ports.node.web unknown_port",
      ],
    ],
  ])("is refused with %s named, and nothing is created", async (_what, input, entries) => {
    const { server, executor } = await scene();
    const answer = refused(await create(server, input));
    expect(answer).toMatchObject({ code: "BAD_USER_INPUT", reason: "invalid_node_config" });
    expect(answer.entries).toEqual(expect.arrayContaining(entries));
    expect(await executor.sync()).toMatchObject({ changeNumber: 0, count: 0 });
    expect((await server.auditEvents()).filter(({ action }) => action.startsWith("node."))).toEqual([]);
  });

  it("is refused if the executor's agent cannot run it, or has never said what it can", async () => {
    const { server } = await scene();
    const other = await server.createKey({ name: "other" });
    await server.sync(other.secret, { name: "agent-2" });
    expect(refused(await create(server, { executor: "agent-2" }))).toEqual({
      code: "BAD_USER_INPUT",
      reason: "chain_not_supported_by_executor",
      entries: ["executor not_supported"],
    });
    const { secret: third } = await server.createKey({ name: "third" });
    const capabilities = {
      chains: [{ chain: "litecoin", networks: ["mainnet"], nodeTypes: ["full"], roles: [] }],
    };
    await nodeExecutor(server, third, "agent-3").sync({
      capabilities,
      capabilitiesHash: hashOfCapabilities(capabilities),
    });
    expect(refused(await create(server, { executor: "agent-3" }))).toMatchObject({
      reason: "chain_not_supported_by_executor",
      entries: ["network not_supported", "clients.node not_supported"],
    });
    expect(refused(await create(server, { executor: "agent-9" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("cannot be given the meaning of other capabilities by a hash", async () => {
    const { server } = await scene();
    const { secret } = await server.createKey({ name: "liar" });
    const liar = nodeExecutor(server, secret, "liar");
    await written(server);
    const answer = await liar.sync({ capabilities: { chains: [] } });
    // The hash is that of agent-1's capabilities, which are known.
    expect(answer.wantsCapabilities).toBe(false);
    const unknown = await liar.sync({ capabilities: { chains: [] }, capabilitiesHash: "a".repeat(64) });
    expect(unknown.wantsCapabilities).toBe(true);
    expect((await create(server, {})).code).toBeUndefined();
  });
});

describe("names and ports", () => {
  it("are unique on an executor, and another executor may have the same", async () => {
    const { server, executor } = await scene();
    await executor.create("ltc-1");
    expect(
      refused(
        await create(server, {
          ports: [
            { role: "node", name: "p2p", port: 20_001 },
            { role: "node", name: "rpc", port: 20_002 },
          ],
        }),
      ),
    ).toMatchObject({
      code: "CONFLICT",
      reason: "name_taken",
    });
    const taken = refused(await create(server, { name: "ltc-2" }));
    expect(taken).toMatchObject({ code: "CONFLICT", reason: "port_taken" });
    expect(taken.entries).toContain("ports.node.rpc port_taken");
    const { secret } = await server.createKey({ name: "other" });
    const other = nodeExecutor(server, secret, "agent-2");
    await other.sync();
    await other.create("ltc-1");
  });

  it(`are for at most ${MAX_NODES} nodes`, async () => {
    const { server, executor } = await scene();
    const portsOf = (n: number) => ({
      ports: [
        { role: "node", name: "p2p", port: 21_000 + 2 * n },
        { role: "node", name: "rpc", port: 21_001 + 2 * n },
      ],
    });
    for (let n = 0; n < MAX_NODES; n += 1) {
      await executor.create(`ltc-${n}`, portsOf(n));
    }
    expect(await create(server, { name: "one-more", ...portsOf(MAX_NODES) })).toMatchObject({
      code: "CONFLICT",
    });
    expect((await executor.sync()).list).toHaveLength(MAX_NODES);
  });
});

describe("an update", () => {
  it("counts only for the revision that it was made for, and keeps history", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1", {
      overrides: [{ role: "node", key: "dbcache", value: "300" }],
    });
    const bigger = { overrides: [{ role: "node", key: "dbcache", value: "600" }] };
    expect((await update(server, node.id, 1, bigger)).data).toMatchObject({
      updateNode: { node: { revision: 2 } },
    });
    expect(refused(await update(server, node.id, 1, bigger))).toMatchObject({
      code: "CONFLICT",
      reason: "revision_conflict",
    });
    // Nothing changes, so there is no further revision.
    expect((await update(server, node.id, 2, bigger)).data).toMatchObject({
      updateNode: { node: { revision: 2 } },
    });
    await act(server, node.id, "restart");
    const shown = await server.manage(
      "query($id: ID!) { node(id: $id) { revisions { revision overrides { value } restartGeneration } } }",
      { id: node.id },
    );
    expect(shown.data).toEqual({
      node: {
        revisions: [
          { revision: 3, overrides: [{ value: "600" }], restartGeneration: 1 },
          { revision: 2, overrides: [{ value: "600" }], restartGeneration: 0 },
          { revision: 1, overrides: [{ value: "300" }], restartGeneration: 0 },
        ],
      },
    });
  });

  it("never changes the client of a role, and checks a version as at the creation", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    const client = (name: string, version: string) => ({
      clients: [{ role: "node", client: name, version }],
    });
    expect(await update(server, node.id, 1, client("bitcoind", "28.0"))).toMatchObject({ code: "CONFLICT" });
    expect(refused(await update(server, node.id, 1, client("litecoind", "9.9.9"))).entries).toEqual([
      "clients.node unknown_version",
    ]);
  });

  it("to an older version is refused unless it is allowed, which counts for that version only", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    const client = (version: string, allowDowngrade?: boolean) => ({
      clients: [{ role: "node", client: "litecoind", version, ...(allowDowngrade && { allowDowngrade }) }],
    });
    const older = await update(server, node.id, 1, client("0.21.2.1"));
    expect(refused(older)).toMatchObject({
      reason: "invalid_node_config",
      entries: ["clients.node downgrade"],
    });
    expect(older.message).toMatch(/0\.21\.2\.1 is older than 0\.21\.4/u);
    expect(await update(server, node.id, 1, client("0.21.2.1", true))).toMatchObject({ code: undefined });
    const { list } = await executor.sync();
    expect(list?.[0]?.clients).toMatchObject([{ version: "0.21.2.1", allowDowngrade: true }]);
    expect(await update(server, node.id, 2, client("0.21.4"))).toMatchObject({ code: undefined });
    expect(refused(await update(server, node.id, 3, client("0.21.2.1"))).entries).toEqual([
      "clients.node downgrade",
    ]);
  });

  it("does not clash with the node's own ports", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    expect(
      (await update(server, node.id, 1, { limits: [{ role: "node", memoryBytes: 2 ** 31, cpuMillis: 500 }] }))
        .code,
    ).toBeUndefined();
  });

  it("many at once: one wins each time, and numbers only grow", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    const numbers = [(await executor.sync()).changeNumber];
    let revision = 1;
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          update(server, node.id, revision, {
            overrides: [{ role: "node", key: "dbcache", value: String(100 + 10 * round + n) }],
          }),
        ),
      );
      expect(answers.filter(({ code }) => code === undefined)).toHaveLength(1);
      revision += 1;
      const reply = await executor.sync();
      expect(reply.list).toMatchObject([{ revision }]);
      numbers.push(reply.changeNumber);
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("a lifecycle request", () => {
  it("changes only what is to be changed", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    const answer = async (action: string) => (await act(server, node.id, action)).data;
    expect(await answer("start")).toEqual({
      requestNodeLifecycleAction: { revision: 1, desiredState: "running" },
    });
    expect(await answer("stop")).toEqual({
      requestNodeLifecycleAction: { revision: 2, desiredState: "stopped" },
    });
    expect(await act(server, node.id, "restart")).toMatchObject({ code: "CONFLICT" });
    expect(await answer("start")).toEqual({
      requestNodeLifecycleAction: { revision: 3, desiredState: "running" },
    });
    expect(await answer("restart")).toEqual({
      requestNodeLifecycleAction: { revision: 4, desiredState: "running" },
    });
    expect((await executor.sync()).list).toMatchObject([{ restartGeneration: 1, desiredState: "running" }]);
  });

  it("is refused for a node that is being deleted, as is all else", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    expect(await remove(server, node.id, "ltc-2")).toMatchObject({ code: "BAD_USER_INPUT" });
    expect((await remove(server, node.id, "ltc-1")).code).toBeUndefined();
    for (const answer of [
      await act(server, node.id, "start"),
      await update(server, node.id, 2, {}),
      await remove(server, node.id, "ltc-1", true),
    ]) {
      expect(answer).toMatchObject({ code: "CONFLICT" });
    }
  });
});

describe("audit and log", () => {
  it("have each change once, with names and never with values", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    await update(server, node.id, 1, { overrides: [{ role: "node", key: "dbcache", value: "611" }] });
    await act(server, node.id, "stop");
    await remove(server, node.id, "ltc-1", true);
    const events = (await server.auditEvents())
      .filter(({ action }) => action.startsWith("node."))
      .toReversed();
    expect(events.map(({ action, targetName }) => [action, targetName])).toEqual([
      ["node.created", "ltc-1"],
      ["node.updated", "ltc-1"],
      ["node.lifecycle_requested", "ltc-1"],
      ["node.deleted", "ltc-1"],
    ]);
    expect(events.map((event) => details(event.details))).toEqual([
      { executor: "agent-1", revision: 1, chain: "litecoin", network: "regtest" },
      { executor: "agent-1", revision: 2, changed: ["overrides.node.dbcache"] },
      { executor: "agent-1", revision: 3, requested: "stop" },
      { executor: "agent-1", revision: 4, keepData: true },
    ]);
    const logged = server.lines
      .map((line) => details(line)["event"])
      .filter((event) => String(event).startsWith("node."));
    expect(logged).toEqual(["node.created", "node.lifecycle.requested", "node.deleted"]);
  });

  it("of an error come once, after two reports, and an executor cannot flood them", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    const spec = { ...node, name: "ltc-1" };
    const transitions = () =>
      server.lines
        .map(details)
        .filter(({ event }) => event === "node.lifecycle.transition")
        .map(({ to }) => to);
    const error = running(spec, { status: "error", problem: "crash_loop", reason: "It died" });
    await executor.sync({ observed: [error] });
    await executor.sync({ observed: [running(spec)] });
    expect(transitions()).toEqual(["running"]);
    await executor.sync({ observed: [error] });
    expect(transitions()).toEqual(["running"]);
    await executor.sync();
    await executor.sync({ observed: [error] });
    expect(transitions()).toEqual(["running", "error"]);
    for (let n = 0; n < 60; n += 1) {
      await executor.sync({ observed: [running(spec, { status: n % 2 === 0 ? "running" : "syncing" })] });
    }
    expect(transitions()).toHaveLength(20);
  });
});

describe("a lost host", () => {
  it("lets its nodes be given up after an hour, by name, and not before", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    expect(await closeLost(server, node.id, "ltc-1")).toMatchObject({ code: "CONFLICT" });
    server.clock.offsetMs += 3_500_000;
    expect(await closeLost(server, node.id, "ltc-1")).toMatchObject({ code: "CONFLICT" });
    server.clock.offsetMs += 200_000;
    expect(await closeLost(server, node.id, "ltc-2")).toMatchObject({ code: "BAD_USER_INPUT" });
    expect((await closeLost(server, node.id, "ltc-1")).data).toEqual({ closeLostNode: { name: "ltc-1" } });
    // It returns: its list no longer has the node, which is no order to stop it.
    expect(await executor.sync({ observed: [running({ ...node, name: "ltc-1" })] })).toMatchObject({
      count: 0,
      list: [],
    });
    expect((await server.auditEvents()).map(({ action }) => action)).toContain("node.closed_as_lost");
  });

  it("is deleted only without nodes; kept data does not count", async () => {
    const { server, executor } = await scene();
    const { node } = await executor.create("ltc-1");
    await remove(server, node.id, "ltc-1", true);
    const listed = await server.manage('{ executors(organization: "acme", limit: 1) { id } }');
    const { executors } = z.object({ executors: z.array(z.object({ id: z.string() })) }).parse(listed.data);
    const deleteExecutor = () =>
      server.manage(`mutation { deleteExecutor(executorId: "${executors[0]?.id}") { name } }`);
    server.clock.offsetMs += 60_000;
    const first = await deleteExecutor();
    expect(refused(first)).toMatchObject({ code: "CONFLICT", reason: "executor_has_nodes" });
    expect(first.message).toContain("ltc-1");
    await executor.sync({ observed: [gone({ ...node, name: "ltc-1" })] });
    server.clock.offsetMs += 60_000;
    expect((await deleteExecutor()).data).toEqual({ deleteExecutor: { name: "agent-1" } });
  });
});

it("a report about another executor's node says nothing about it", async () => {
  const { server, executor } = await scene();
  const { node } = await executor.create("ltc-1");
  const { secret } = await server.createKey({ name: "other" });
  const other = nodeExecutor(server, secret, "agent-2");
  await other.sync();
  await remove(server, node.id, "ltc-1");
  const spec = { ...node, name: "ltc-1" };
  await other.sync({ isWhole: true, observed: [gone(spec), running(spec)] });
  await written(server);
  const answer = await server.manage("query($id: ID!) { node(id: $id) { phase observed { revision } } }", {
    id: node.id,
  });
  expect(answer.data).toEqual({ node: { phase: "deleting", observed: null } });
});

it("a database from a backup rolls no node back, and the next order counts", async () => {
  const { server, secret, executor } = await scene();
  const { node } = await executor.create("ltc-1");
  await executor.sync();
  await server.close();
  const backup = `${server.databasePath}.backup`;
  copyFileSync(server.databasePath, backup);
  const newer = await startServer({}, server.directory);
  const known = nodeExecutor(newer, secret);
  for (const action of ["stop", "start", "restart"]) {
    await act(newer, node.id, action);
  }
  const { changeNumber } = await known.sync();
  expect(changeNumber).toBe(4);
  await newer.close();
  copyFileSync(backup, server.databasePath);
  const restored = await startServer({}, server.directory);
  const after = nodeExecutor(restored, secret);
  // Older than what the executor has seen, so the executor ignores it.
  for (let n = 0; n < 3; n += 1) {
    expect(await after.sync({ seen: changeNumber })).toMatchObject({
      changeNumber: 1,
      list: [{ revision: 1 }],
    });
  }
  expect(restored.lines.filter((line) => line.includes("nodes.list-older"))).toHaveLength(1);
  await act(restored, node.id, "stop");
  expect(await after.sync({ seen: changeNumber })).toMatchObject({
    changeNumber: 5,
    list: [{ revision: 5, desiredState: "stopped" }],
  });
});
