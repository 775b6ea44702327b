import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { SYNC_INPUT, startServer } from "../../support/control-plane/control-plane-server.ts";
import { events, executors, serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

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
