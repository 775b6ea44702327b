import { describe, expect, it } from "vitest";
import * as z from "zod";
import { startServer, type TestServer } from "../../support/control-plane/control-plane-server.ts";
import {
  CAPABILITIES,
  gone,
  nodeExecutor,
  observed,
  running,
  written,
} from "../../support/control-plane/node-executor.ts";

async function scene() {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const executor = nodeExecutor(server, secret);
  return { server, secret, executor };
}

const shown = z.object({
  node: z
    .object({
      phase: z.string(),
      isDrifted: z.boolean(),
      reason: z.string().nullable(),
      observedAt: z.number().nullable(),
    })
    .nullable(),
});

/** For a second node on the same host. */
const OTHER_PORTS = [
  { role: "node", name: "p2p", port: 20001 },
  { role: "node", name: "rpc", port: 20002 },
];

/** The node as people see it, once what was reported is written. */
async function shownNode(server: TestServer, id: string) {
  await written(server);
  const answer = await server.manage(
    "query($id: ID!) { node(id: $id) { phase isDrifted reason observedAt } }",
    { id },
  );
  return shown.parse(answer.data).node;
}

const order = (server: TestServer, field: string, id: string) =>
  server.manage(`mutation($id: ID!) { ${field.replace("(", "(id: $id, ")} { id revision } }`, { id });

describe("the list", () => {
  it("is empty for an executor without nodes, and comes once", async () => {
    const { executor } = await scene();
    expect(await executor.sync()).toEqual({
      changeNumber: 0,
      count: 0,
      list: [],
      wantsCapabilities: false,
      wantsWhole: false,
    });
    expect((await executor.sync()).list).toBeNull();
  });

  it("comes whole after each change, and otherwise not", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node: one } = await executor.create("ltc-1");
    const first = await executor.sync();
    expect(first).toMatchObject({
      changeNumber: 1,
      count: 1,
      list: [{ id: one.id, name: "ltc-1", revision: 1 }],
    });
    expect((await executor.sync()).list).toBeNull();
    await executor.create("ltc-2", { ports: OTHER_PORTS });
    const second = await executor.sync();
    expect(second.list?.map(({ name }) => name)).toEqual(["ltc-1", "ltc-2"]);
    await order(server, "requestNodeLifecycleAction(action: stop)", one.id);
    const third = await executor.sync();
    expect(third).toMatchObject({ changeNumber: 3, count: 2 });
    expect(third.list?.[0]).toMatchObject({ revision: 2, desiredState: "stopped", deletion: null });
  });
});

describe("a whole report", () => {
  it("is wanted until a report is whole or about every node, and again after five minutes", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node: one } = await executor.create("ltc-1");
    const { node: two } = await executor.create("ltc-2", { ports: OTHER_PORTS });
    const both = [running({ ...one, name: "ltc-1" }), running({ ...two, name: "ltc-2" })];
    expect((await executor.sync()).wantsWhole).toBe(true);
    expect((await executor.sync({ observed: both.slice(1) })).wantsWhole).toBe(true);
    expect((await executor.sync({ observed: both })).wantsWhole).toBe(false);
    server.clock.offsetMs += 200_000;
    expect((await executor.sync()).wantsWhole).toBe(false);
    server.clock.offsetMs += 100_000;
    expect((await executor.sync()).wantsWhole).toBe(true);
    expect((await executor.sync({ isWhole: true, observed: both.slice(1) })).wantsWhole).toBe(false);
  });
});

describe("phases", () => {
  it("follow what the executor reports", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node } = await executor.create("ltc-1");
    const spec = { ...node, name: "ltc-1" };
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "provisioning", observedAt: null });
    await executor.sync({ observed: [observed(spec, { status: "stopped" }, { revision: null })] });
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "configuring" });
    await executor.sync({ observed: [running(spec, { status: "syncing" })] });
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "syncing", isDrifted: false });
    await executor.sync({ observed: [running(spec)] });
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "running", reason: null });
    await order(server, "requestNodeLifecycleAction(action: restart)", node.id);
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "running", isDrifted: true });
    await executor.sync({ observed: [running({ ...spec, revision: 2 })] });
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "running", isDrifted: false });
    expect(
      server.lines
        .filter((line) => line.includes("node.lifecycle.transition"))
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { from: "provisioning", to: "configuring" },
      { from: "configuring", to: "syncing" },
      { from: "syncing", to: "running" },
    ]);
  });
});

describe("figures", () => {
  const height = z.object({
    node: z.object({ observed: z.object({ processes: z.array(z.object({ height: z.number() })) }) }),
  });

  it("are shown at once, are written later, and at the latest by a stop", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node } = await executor.create("ltc-1");
    const spec = { ...node, name: "ltc-1" };
    const stored = async () => (await server.store.nodes.byId(node.id))?.observed?.processes[0]?.height;
    for (const at of [1, 2, 3]) {
      await executor.sync({ isWhole: at === 1, observed: [running(spec, { height: at })] });
      await written(server);
    }
    const shownHeight = await server.manage(
      "query($id: ID!) { node(id: $id) { observed { processes { height } } } }",
      { id: node.id },
    );
    expect(height.parse(shownHeight.data).node.observed.processes).toEqual([{ height: 3 }]);
    expect(await stored()).toBe(1);
    await server.close();
    const again = await startServer({}, server.directory);
    expect((await again.store.nodes.byId(node.id))?.observed?.processes[0]?.height).toBe(3);
  });
});

describe("deletion", () => {
  it("keeps the row until the executor reports it gone", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node } = await executor.create("ltc-1");
    await executor.sync();
    expect(
      (await order(server, 'deleteNode(confirmName: "ltc-1", keepData: false)', node.id)).code,
    ).toBeUndefined();
    expect(await shownNode(server, node.id)).toMatchObject({ phase: "deleting" });
    expect((await executor.sync()).list).toMatchObject([{ deletion: { keepData: false } }]);
    const after = await executor.sync({ observed: [gone({ ...node, name: "ltc-1" })] });
    expect(after).toMatchObject({ count: 0, list: [] });
    expect(await shownNode(server, node.id)).toBeNull();
  });

  it("with its data kept reserves the name until a whole report no longer has the node", async () => {
    const { server, executor } = await scene();
    await executor.sync();
    const { node } = await executor.create("ltc-1");
    const kept = gone({ ...node, name: "ltc-1" });
    await order(server, 'deleteNode(confirmName: "ltc-1", keepData: true)', node.id);
    expect(await executor.sync({ observed: [kept] })).toMatchObject({ count: 1, wantsWhole: true });
    await expect(executor.create("ltc-1")).rejects.toThrow(/CONFLICT.*purge ltc-1/);
    await executor.sync({ isWhole: true, observed: [kept] });
    await expect(executor.create("ltc-1")).rejects.toThrow(/CONFLICT/);
    await executor.sync({ observed: [] });
    await expect(executor.create("ltc-1")).rejects.toThrow(/CONFLICT/);
    await executor.sync({ isWhole: true, observed: [] });
    expect((await executor.create("ltc-1")).node.revision).toBe(1);
  });
});

describe("capabilities", () => {
  it("are asked for once, and known after a restart", async () => {
    const { server, secret } = await scene();
    const executor = nodeExecutor(server, secret);
    expect((await executor.sync({ capabilities: null })).wantsCapabilities).toBe(true);
    expect((await executor.sync({ capabilities: CAPABILITIES })).wantsCapabilities).toBe(false);
    expect((await executor.sync({ capabilities: null })).wantsCapabilities).toBe(false);
    await server.close();
    const again = await startServer({}, server.directory);
    expect((await nodeExecutor(again, secret).sync({ capabilities: null })).wantsCapabilities).toBe(false);
  });
});
