import { describe, expect, it } from "vitest";
import * as z from "zod";
import { CURRENT_KEY } from "../../../src/protocol/operations.ts";
import { startServer, type TestServer } from "../../support/control-plane/control-plane-server.ts";
import { startPeopleServer } from "../../support/control-plane/people.ts";

const reference = z.object({ id: z.string(), name: z.string(), isDeleted: z.boolean() });
const listed = z.object({
  executors: z.array(
    z.object({ id: z.string(), name: z.string(), ownKeys: z.array(z.object({ id: z.string() })) }),
  ),
  apiKeys: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      target: reference.nullable(),
      usedByCount: z.number(),
      usedBy: z.array(z.object({ executor: reference })),
    }),
  ),
});
const syncedAs = z.object({
  syncExecutor: z.object({ executor: z.object({ id: z.string() }) }),
});
const STATE = `{
  executors(organization: "acme") { id name ownKeys { id } }
  apiKeys(organization: "acme") { id status target { id name isDeleted } usedByCount
    usedBy { executor { id name isDeleted } } } }`;
const DELETE = `mutation($executorId: ID!, $revokeKeys: Boolean! = false) {
  deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id name keyHistory { key { id } } instances { address } } }`;

async function state(server: TestServer) {
  const { executors, apiKeys } = listed.parse((await server.manage(STATE)).data);
  return {
    executors,
    executor: (name: string) => executors.find((one) => one.name === name),
    key: (id: string) => apiKeys.find((one) => one.id === id),
  };
}

async function deletion(server: TestServer, name: string, revokeKeys?: boolean) {
  const executorId = (await state(server)).executor(name)?.id ?? name;
  return server.manage(DELETE, { executorId, ...(revokeKeys !== undefined && { revokeKeys }) });
}

/** agent-1 has synced with the first key and is silent since. */
async function silentExecutor() {
  const server = await startServer();
  await server.createOrganization("acme");
  const key = await server.createKey();
  await server.sync(key.secret);
  server.clock.offsetMs = 31_000;
  return { server, key };
}

describe("deleting an executor", () => {
  it("removes it from the list, and keeps audit log and history", async () => {
    const { server, key } = await silentExecutor();
    const id = (await state(server)).executor("agent-1")?.id;
    expect((await deletion(server, "agent-1")).data).toMatchObject({
      deleteExecutor: { id, name: "agent-1", keyHistory: [{ key: { id: key.id } }], instances: [] },
    });
    const after = await state(server);
    expect(after.executors).toEqual([]);
    const gone = { id, name: "agent-1", isDeleted: true };
    expect(after.key(key.id)).toMatchObject({
      status: "active",
      usedByCount: 1,
      usedBy: [{ executor: gone }],
    });
    const [event] = await server.auditEvents();
    expect(event).toMatchObject({
      action: "executor.deleted",
      actor: "local operator",
      targetId: id,
      targetName: "agent-1",
    });
    expect(JSON.parse(event?.details ?? "")).toEqual({ lastSyncAt: expect.any(Number) });
    expect(server.lines.filter((line) => line.includes('"event":"executor.deleted"'))).toHaveLength(1);
    const answer = await server.manage(`{ executor(id: "${id}") { id } }`);
    expect(answer.data).toEqual({ executor: null });
  });

  it("is refused while it is online; the refusal says when it may be deleted and what to do", async () => {
    const { server, key } = await silentExecutor();
    const from = server.clock.now();
    await server.sync(key.secret);
    const to = server.clock.now();
    const refused = await deletion(server, "agent-1", true);
    expect(refused).toMatchObject({ code: "CONFLICT" });
    expect(refused.message).toMatch(/agent-1 is online.*stop its agent first/);
    // In whole seconds, and never too early.
    const freeAt = Date.parse(/can be deleted from (\S+ \S+ UTC) on/.exec(refused.message ?? "")?.[1] ?? "");
    expect(freeAt).toBeGreaterThanOrEqual(from + 30_000);
    expect(freeAt).toBeLessThan(to + 31_000);
    expect((await state(server)).key(key.id)?.status).toBe("active");
    expect((await server.auditEvents()).map(({ action }) => action)).toEqual(["api_key.created"]);
    server.clock.offsetMs = freeAt - Date.now() + 1;
    expect((await deletion(server, "agent-1")).code).toBeUndefined();
  });

  it("is refused if it is online at another control plane on the same database", async () => {
    const { server, key } = await silentExecutor();
    const other = await startServer({ socketPath: `${server.directory}/other.sock` }, server.directory);
    other.clock.offsetMs = 31_000;
    await other.sync(key.secret);
    await other.close();
    expect(await deletion(server, "agent-1")).toMatchObject({ code: "CONFLICT" });
  });

  it("lets a host that still runs the agent register again, as a new executor", async () => {
    const { server, key } = await silentExecutor();
    const first = (await state(server)).executor("agent-1")?.id;
    await deletion(server, "agent-1");
    expect((await server.sync(key.secret)).status).toBe(200);
    const again = (await state(server)).executor("agent-1")?.id;
    expect(again).not.toBe(first);
    expect((await state(server)).key(key.id)?.usedBy.map(({ executor }) => executor)).toEqual(
      expect.arrayContaining([
        { id: first, name: "agent-1", isDeleted: true },
        { id: again, name: "agent-1", isDeleted: false },
      ]),
    );
    expect(server.lines.filter((line) => line.includes('"event":"executor.connected"'))).toHaveLength(2);
  });

  it("lets it register again at another control plane that has just seen it on the same database", async () => {
    const { server, key } = await silentExecutor();
    const other = await startServer({ socketPath: `${server.directory}/other.sock` }, server.directory);
    const idOf = async () => syncedAs.parse((await other.sync(key.secret)).data).syncExecutor.executor.id;
    const first = await idOf();
    expect(await idOf()).toBe(first);
    server.clock.offsetMs = 90_000;
    expect((await deletion(server, "agent-1")).code).toBeUndefined();
    const again = await idOf();
    expect(again).not.toBe(first);
    expect((await state(server)).executors.map(({ id }) => id)).toEqual([again]);
  });

  it("revokes the keys that serve no other executor, if asked to", async () => {
    const { server, key } = await silentExecutor();
    const next = await server.rotateKey(key.id, Date.now() + 10 * 60_000);
    const targeted = await server.createKey({ target: "agent-1", name: "made for it" });
    const own = [key.id, next.id, targeted.id];
    expect((await state(server)).executor("agent-1")?.ownKeys.map(({ id }) => id)).toEqual(own);
    expect((await deletion(server, "agent-1", true)).code).toBeUndefined();
    const after = await state(server);
    expect(own.map((id) => after.key(id)?.status)).toEqual(["revoked", "revoked", "revoked"]);
    const events = await server.auditEvents();
    expect(
      events.filter(({ action }) => action === "api_key.revoked").map(({ targetId }) => targetId),
    ).toEqual(own.toReversed());
    expect(JSON.parse(events[0]?.details ?? "")).toMatchObject({ revokedKeys: own });
    for (const { secret } of [key, next, targeted]) {
      expect(await server.sync(secret)).toMatchObject({ status: 401, reason: "revoked" });
    }
  });

  it("finds the working key of a lineage of any length", async () => {
    const { server, key } = await silentExecutor();
    let newest = key;
    for (let n = 0; n < 101; n += 1) {
      newest = await server.rotateKey(newest.id);
    }
    expect((await state(server)).executor("agent-1")?.ownKeys).toEqual([{ id: newest.id }]);
    await deletion(server, "agent-1", true);
    expect(await server.sync(newest.secret)).toMatchObject({ status: 401, reason: "revoked" });
  });

  it("never revokes a key that serves another executor, directly or through its lineage", async () => {
    const { server, key } = await silentExecutor();
    const next = await server.rotateKey(key.id, Date.now() + 10 * 60_000);
    await server.sync(next.secret, { name: "agent-2" });
    expect((await state(server)).executor("agent-1")?.ownKeys).toEqual([]);
    await deletion(server, "agent-1", true);
    const after = await state(server);
    expect([key.id, next.id].map((id) => after.key(id)?.status)).toEqual(["active", "active"]);
  });

  it("keeps the target of a key that was made for it, and explains why that key is refused", async () => {
    const { server } = await silentExecutor();
    const targeted = await server.createKey({ target: "agent-1", name: "made for it" });
    const id = (await state(server)).executor("agent-1")?.id;
    await deletion(server, "agent-1");
    expect((await state(server)).key(targeted.id)).toMatchObject({
      status: "active",
      target: { id, name: "agent-1", isDeleted: true },
    });
    for (const name of ["agent-1", "agent-2"]) {
      const refused = await server.sync(targeted.secret, { name });
      expect(refused).toMatchObject({ status: 403, reason: "target_deleted" });
      expect(refused.message).toContain(
        `executor agent-1, which was deleted: create a key without a target for ${name}`,
      );
      const check = await server.post(targeted.secret, CURRENT_KEY, { input: { executorName: name } });
      expect(check).toMatchObject({ status: 403, reason: "target_deleted" });
    }
    expect((await state(server)).executors).toEqual([]);
    await expect(server.rotateKey(targeted.id)).rejects.toThrow(/which was deleted: create a new key/);
    // Even once the name is in use again: the key was made for the deleted executor.
    const fresh = await server.createKey();
    expect((await server.sync(fresh.secret)).status).toBe(200);
    expect(await server.sync(targeted.secret)).toMatchObject({ status: 403, reason: "target_deleted" });
  });

  it("makes room below the limit of executors that a key enrols", async () => {
    const server = await startServer({ maxExecutorsPerKey: 2 });
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    for (const name of ["a", "b"]) {
      await server.sync(secret, { name });
    }
    expect(await server.sync(secret, { name: "c" })).toMatchObject({ reason: "key_executor_limit" });
    server.clock.offsetMs = 31_000;
    await deletion(server, "a");
    expect((await server.sync(secret, { name: "c" })).status).toBe(200);
    expect(await server.sync(secret, { name: "a" })).toMatchObject({ reason: "key_executor_limit" });
  });

  it("is not undone by pending writes about it", async () => {
    const { server, key } = await silentExecutor();
    await server.sync(key.secret);
    const elsewhere = await server.createKey({ name: "of agent-2" });
    await server.sync(elsewhere.secret, { name: "agent-2" });
    await server.sync(elsewhere.secret);
    server.clock.offsetMs = 62_000;
    // The heartbeat and the refusal of agent-1 are still in memory.
    await deletion(server, "agent-1");
    await server.close();
    const again = await startServer({}, server.directory);
    const after = await state(again);
    expect(after.executors.map(({ name }) => name)).toEqual(["agent-2"]);
    expect(after.key(key.id)).toMatchObject({ usedByCount: 1 });
    expect(again.lines.join()).not.toContain("bug");
  });

  it("happens once, however many requests arrive at the same time", async () => {
    const { server } = await silentExecutor();
    const executorId = (await state(server)).executor("agent-1")?.id;
    const answers = await Promise.all(Array.from({ length: 5 }, () => server.manage(DELETE, { executorId })));
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "NOT_FOUND")).toHaveLength(4);
    const events = (await server.auditEvents()).filter(({ action }) => action === "executor.deleted");
    expect(events).toHaveLength(1);
  });
});

describe("who may delete an executor", () => {
  it("owners and admins of its organization, and the audit log names them; others are told that it does not exist or that they may not", async () => {
    const server = await startPeopleServer();
    const key = await server.createKey();
    await server.sync(key.secret);
    server.clock.offsetMs = 31_000;
    const executorId = (await state(server)).executor("agent-1")?.id;
    const member = await server.signedIn("member");
    expect(await member.graphql(DELETE, { executorId })).toMatchObject({ status: 403 });
    expect(await server.post(key.secret, DELETE, { executorId })).toMatchObject({ status: 403 });
    expect((await state(server)).executors).toHaveLength(1);
    const admin = await server.signedIn("admin");
    expect((await admin.graphql(DELETE, { executorId: "nothing" })).code).toBe("NOT_FOUND");
    expect((await admin.graphql(DELETE, { executorId })).status).toBe(200);
    expect((await state(server)).executors).toEqual([]);
    const [event] = await server.auditEvents();
    expect(event).toMatchObject({ action: "executor.deleted", source: "page" });
    expect(event?.actor).toMatch(/@/);
  });
});
