import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  SIGN_OFF_EXECUTOR,
  SYNC_EXECUTOR,
  SYNC_EXECUTOR_WITH_NODES,
} from "../../../src/protocol/operations.ts";
import {
  SYNC_INPUT,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { events, executors, serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

/** Undefined if it is refused. */
async function signOffOf(server: TestServer, secret: string, instanceId: string) {
  const input = { executorName: SYNC_INPUT.name, instanceId };
  const { data } = await server.post(secret, SIGN_OFF_EXECUTOR, { input });
  const reply = z.object({ signOffExecutor: z.boolean() });
  return data === undefined || data === null ? undefined : reply.parse(data).signOffExecutor;
}

describe("presence", () => {
  it("logs once that an executor went silent, and once that it is back", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    server.clock.offsetMs = 29_000;
    expect(await executors(server)).toMatchObject([{ status: "online" }]);
    server.clock.offsetMs = 31_000;
    expect(await executors(server)).toMatchObject([{ status: "offline" }]);
    await eventually(() => events(server, "executor.disconnected").length > 0, {
      describe: "the silence is logged",
    });
    await server.sync(secret);
    expect(await executors(server)).toMatchObject([{ status: "online" }]);
    // In PostgreSQL, once it is known that no other control plane has heard of it.
    await eventually(() => events(server, "executor.reconnected").length > 0, {
      describe: "the return is logged",
    });
    expect(events(server, "executor.disconnected")).toHaveLength(1);
    expect(events(server, "executor.reconnected")).toHaveLength(1);
  });

  it("expects the executors that were online before a restart, and reports those that stay silent", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    await server.close();
    const again = await startServer({}, server.directory);
    expect(await executors(again)).toMatchObject([{ status: "online" }]);
    await again.sync(secret);
    expect(events(again, "executor.reconnected")).toHaveLength(0);
    again.clock.offsetMs = 31_000;
    await eventually(() => events(again, "executor.disconnected").length === 1, { describe: "it is missed" });
  });

  it("shows a cloned host to both sides and in the list, until it is silent", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const told = async (instanceId: string) => {
      const { data } = await server.sync(secret, { instanceId, hostName: `host-${instanceId}` });
      const reply = z.object({
        syncExecutor: z.object({
          duplicates: z.array(z.object({ instanceId: z.string(), address: z.string() })),
        }),
      });
      return reply.parse(data).syncExecutor.duplicates.map((duplicate) => duplicate.instanceId);
    };
    expect([await told("a"), await told("b"), await told("a"), await told("b")]).toEqual([
      [],
      [],
      ["b"],
      ["a"],
    ]);
    expect(await executors(server)).toMatchObject([
      { instances: [{ instanceId: "b", address: "127.0.0.1" }, { instanceId: "a" }] },
    ]);
    expect(events(server, "executor.duplicate")).toHaveLength(1);
    server.clock.offsetMs = 29_000;
    await told("a");
    server.clock.offsetMs = 31_000;
    expect(await told("a")).toEqual([]);
    expect(events(server, "executor.duplicate-gone")).toHaveLength(1);
  });

  it("forgets a process that signs off: the list says so at once, the log after the timeout", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const signOff = (instanceId: string) => signOffOf(server, secret, instanceId);
    await server.sync(secret, { instanceId: "a" });
    await server.sync(secret, { instanceId: "b" });
    await server.sync(secret, { instanceId: "a" });
    expect(await signOff("b")).toBe(true);
    expect(await executors(server)).toMatchObject([
      { status: "online", stoppedAt: null, instances: [{ instanceId: "a" }] },
    ]);
    expect(await signOff("b"), "it is gone already").toBe(false);
    expect(await signOff("a")).toBe(true);
    expect(await executors(server)).toMatchObject([
      { status: "offline", stoppedAt: expect.any(Number), instances: [] },
    ]);
    expect(events(server, "executor.disconnected"), "a restart is no event").toEqual([]);
    server.clock.offsetMs = 31_000;
    await eventually(() => events(server, "executor.disconnected").length === 1, { describe: "it is told" });
    expect(events(server, "executor.disconnected").join()).toContain("its agent was stopped");
    expect(await executors(server)).toMatchObject([{ status: "offline", stoppedAt: expect.any(Number) }]);
    await server.sync(secret, { instanceId: "c" });
    expect(await executors(server)).toMatchObject([{ status: "online", stoppedAt: null }]);
  });

  it("a restart that signs off is online again with its first sync, and nothing is logged", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const instanceId of ["a", "b", "c"]) {
      await server.sync(secret, { instanceId });
      await signOffOf(server, secret, instanceId);
    }
    await server.sync(secret, { instanceId: "d" });
    server.clock.offsetMs = 29_000;
    expect(await executors(server)).toMatchObject([{ status: "online", instances: [{ instanceId: "d" }] }]);
    for (const event of ["executor.disconnected", "executor.reconnected", "executor.duplicate"]) {
      expect(events(server, event)).toEqual([]);
    }
  });

  it("no key signs off another's process, and no refused key any", async () => {
    const server = await serverWithOrganization();
    await server.createOrganization("other");
    const [own, foreign] = [await server.createKey(), await server.createKey({ organization: "other" })];
    await server.sync(own.secret, { instanceId: "a" });
    expect(await signOffOf(server, foreign.secret, "a")).toBe(false);
    const unbound = await server.createKey();
    expect(await signOffOf(server, unbound.secret, "a")).toBe(false);
    await server.manage("mutation($id: ID!) { revokeApiKey(id: $id) { id } }", { id: own.id });
    expect(await signOffOf(server, own.secret, "a")).toBeUndefined();
    expect(await executors(server)).toMatchObject([{ status: "online", stoppedAt: null }]);
  });

  it("tells both sides, the list and the log that two processes run on one host", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const syncFrom = async (instanceId: string, bootHash: string, pid: number, unit: string | null) => {
      const input = { ...SYNC_INPUT, instanceId, process: { bootHash, pid, unit } };
      return await server.post(secret, SYNC_EXECUTOR_WITH_NODES, { input });
    };
    const [here, unit] = ["0".repeat(32), "novacula-agent.service"];
    await syncFrom("a", here, 11, unit);
    await syncFrom("b", here, 12, null);
    const { data } = await syncFrom("a", here, 11, unit);
    expect(data).toMatchObject({
      syncExecutor: { duplicates: [{ instanceId: "b", process: { bootHash: here, pid: 12, unit: null } }] },
    });
    expect(events(server, "executor.duplicate").join()).toContain("Several agents on one host");
    expect(events(server, "executor.duplicate").join()).toContain(`PID 11 (${unit})`);
    const older = await server.post(secret, SYNC_EXECUTOR, { input: { ...SYNC_INPUT, instanceId: "b" } });
    expect(JSON.stringify(older.data), "an older agent did not ask for it").not.toContain("bootHash");
  });

  it("takes the addresses of a clone from the last entry that a proxy on this host adds", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const [instanceId, forwarded] of [
      ["a", "203.0.113.9, 198.51.100.7"],
      ["b", "2001:db8::7"],
      ["a", "203.0.113.9, 198.51.100.7"],
      ["b", "<img>"],
    ] as const) {
      const input = { ...SYNC_INPUT, instanceId };
      await server.post(secret, SYNC_EXECUTOR, { input }, { "x-forwarded-for": forwarded });
    }
    expect(await executors(server)).toMatchObject([
      {
        instances: [
          { instanceId: "b", address: "127.0.0.1" },
          { instanceId: "a", address: "198.51.100.7" },
        ],
      },
    ]);
  });

  it("warns of an executor that is too old", async () => {
    const server = await startServer({ version: "3.0.0" });
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    const answer = await server.sync(secret, { version: "2.9.0" });
    expect(answer.data).toMatchObject({
      syncExecutor: { compatibility: { verdict: "deprecated", recommendedVersion: "3.0.0" } },
    });
  });
});
