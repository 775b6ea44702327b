import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createApiKeys } from "../../../../src/control-plane/keys/api-keys.ts";
import { personActor } from "../../../../src/control-plane/rights/scope.ts";
import { noteKey } from "../../../support/canary.ts";
import { startPeopleServer } from "../../../support/control-plane/people.ts";

const ROTATE = "mutation($id: ID!) { rotateApiKey(id: $id) { secret apiKey { id name } } }";
const REVOKE = "mutation($id: ID!) { revokeApiKey(id: $id) { id status } }";
const DELETE = "mutation($id: ID!) { deleteApiKey(id: $id) { id } }";
const STATE = `{ executors { name status lastSyncAt key { id } apiKey { status } keyHistory { key { id name } firstUsedAt }
  lastRefusal { reason message key { id } } } }`;
const executors = z.object({
  executors: z.array(
    z.object({
      name: z.string(),
      key: z.object({ id: z.string() }).nullable(),
      apiKey: z.object({ status: z.string() }).nullable(),
      keyHistory: z.array(
        z.object({ key: z.object({ id: z.string(), name: z.string() }), firstUsedAt: z.number() }),
      ),
      lastRefusal: z
        .object({ reason: z.string(), message: z.string(), key: z.object({ id: z.string() }) })
        .nullable(),
    }),
  ),
});

describe("two admins at the same time", () => {
  it("rotate one key: one succeeds, the other is told, and there is one successor", async () => {
    const server = await startPeopleServer();
    const admins = [await server.signedIn("owner"), await server.signedIn("admin")];
    const key = await server.createKey();
    const answers = await Promise.all(admins.map((admin) => admin.graphql(ROTATE, { id: key.id })));
    expect(answers.map(({ code }) => code ?? "done").sort()).toEqual(["CONFLICT", "done"]);
    const told = answers.find(({ code }) => code === "CONFLICT");
    expect(told?.message).toMatch(/is revoked since .*only an active key can be rotated: create a new key/);
    const listed = await admins[0]?.graphql("{ apiKeys { status } }");
    expect(listed?.data).toEqual({ apiKeys: [{ status: "active" }, { status: "revoked" }] });
    const audit = await server.auditEvents();
    expect(audit.map(({ action }) => action)).toEqual([
      "api_key.revoked",
      "api_key.created",
      "api_key.created",
    ]);
  });

  it("rotate with a grace: the second is told the successor", async () => {
    const server = await startPeopleServer();
    const admins = [await server.signedIn("owner"), await server.signedIn("admin")];
    const key = await server.createKey();
    const document =
      "mutation($id: ID!, $at: Timestamp) { rotateApiKey(id: $id, revokesAt: $at) { apiKey { name fingerprint } } }";
    const variables = { id: key.id, at: Date.now() + 60_000 };
    const answers = await Promise.all(admins.map((admin) => admin.graphql(document, variables)));
    const winner = answers.find(({ code }) => code === undefined);
    const { rotateApiKey } = z
      .object({ rotateApiKey: z.object({ apiKey: z.object({ name: z.string(), fingerprint: z.string() }) }) })
      .parse(winner?.data);
    const { name, fingerprint } = rotateApiKey.apiKey;
    const told = answers.find(({ code }) => code === "CONFLICT");
    expect(told?.message).toContain(`rotate its successor, key ${name} (${fingerprint})`);
  });

  it("revoke and delete one key: both happen once", async () => {
    const server = await startPeopleServer();
    const admins = [await server.signedIn("owner"), await server.signedIn("admin")];
    const key = await server.createKey();
    const both = (document: string) =>
      Promise.all(
        admins.map(async (admin) => (await admin.graphql(document, { id: key.id })).code ?? "done"),
      );
    expect((await both(REVOKE)).sort()).toEqual(["CONFLICT", "done"]);
    expect((await both(DELETE)).sort()).toEqual(["NOT_FOUND", "done"]);
    expect((await server.auditEvents()).map(({ action }) => action)).toEqual([
      "api_key.deleted",
      "api_key.revoked",
      "api_key.created",
    ]);
  });
});

it("a change that waited is refused if the role is gone by then", async () => {
  const server = await startPeopleServer();
  const admin = await server.signedIn("admin");
  const { id: organizationId } = (await server.store.organizations.find("acme")) ?? { id: "" };
  const person = await server.store.people.byEmail(admin.email);
  if (person === undefined) {
    throw new Error("the admin is gone");
  }
  const actor = personActor(person, organizationId);
  const apiKeys = createApiKeys(server.store, Date.now);
  const request = { organizationId, name: "late", expiresAt: undefined, target: undefined };
  await server.store.transaction((transaction) =>
    transaction.people.changeRole(organizationId, person.id, "member"),
  );
  await expect(apiKeys.create(actor, request)).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await server.auditEvents()).toEqual([]);
  await server.store.transaction((transaction) =>
    transaction.people.changeRole(organizationId, person.id, "owner"),
  );
  const { key, secret } = await apiKeys.create(actor, request);
  noteKey(secret);
  expect(key.name).toBe("late");
});

describe("while executors sync", () => {
  it("a revocation applies from the next request on: no later sync is accepted", async () => {
    const server = await startPeopleServer();
    const admin = await server.signedIn("admin");
    const key = await server.createKey();
    await server.sync(key.secret);
    let revokedAt = Number.POSITIVE_INFINITY;
    const syncs: { readonly sentAt: number; readonly status: number }[] = [];
    const syncing = async () => {
      for (let n = 0; n < 40; n += 1) {
        const sentAt = performance.now();
        syncs.push({ sentAt, status: (await server.sync(key.secret)).status });
      }
    };
    const revoking = (async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const answer = await admin.graphql(REVOKE, { id: key.id });
      revokedAt = performance.now();
      return answer;
    })();
    const [answer] = await Promise.all([revoking, syncing(), syncing()]);
    expect(answer.data).toEqual({ revokeApiKey: { id: key.id, status: "revoked" } });
    expect(syncs.some(({ status }) => status === 401)).toBe(true);
    for (const { sentAt, status } of syncs) {
      if (sentAt >= revokedAt) {
        expect(status).toBe(401);
      }
    }
    expect(new Set(syncs.map(({ status }) => status)).size).toBeLessThanOrEqual(2);
  });

  it("the key of a running executor can only be deleted once it is revoked; the executor and its history stay", async () => {
    const server = await startPeopleServer();
    const admin = await server.signedIn("admin");
    const key = await server.createKey();
    await server.sync(key.secret);
    const refused = await admin.graphql(DELETE, { id: key.id });
    expect(refused).toMatchObject({ code: "CONFLICT" });
    expect(refused.message).toContain("revoke it first");
    await admin.graphql(REVOKE, { id: key.id });
    expect((await admin.graphql(DELETE, { id: key.id })).code).toBeUndefined();
    expect((await server.sync(key.secret)).reason).toBe("unknown");
    const [executor] = executors.parse((await admin.graphql(STATE)).data).executors;
    expect(executor).toMatchObject({ name: "agent-1", key: null, apiKey: null });
    expect(executor?.keyHistory).toMatchObject([{ key: { id: key.id, name: "prod" } }]);
  });

  it("a rotation can be followed until the executor uses the new key", async () => {
    const server = await startPeopleServer();
    const admin = await server.signedIn("admin");
    const key = await server.createKey();
    await server.sync(key.secret);
    const next = await server.rotateKey(key.id);
    expect(await server.sync(key.secret)).toMatchObject({ status: 401, reason: "revoked" });
    const before = executors.parse((await admin.graphql(STATE)).data).executors[0];
    expect(before?.keyHistory.map((use) => use.key.id)).toEqual([key.id]);
    expect(before?.apiKey).toEqual({ status: "revoked" });
    const startedAt = Date.now();
    expect((await server.sync(next.secret)).status).toBe(200);
    const after = executors.parse((await admin.graphql(STATE)).data).executors[0];
    expect(after).toMatchObject({ key: { id: next.id }, apiKey: { status: "active" } });
    expect(after?.keyHistory.map((use) => use.key.id)).toEqual([next.id, key.id]);
    expect(after?.keyHistory[0]?.firstUsedAt).toBeGreaterThanOrEqual(startedAt);
    const used = await admin.graphql(
      "query($id: ID!) { apiKey(id: $id) { boundExecutors { name } usedBy { firstUsedAt } } }",
      {
        id: next.id,
      },
    );
    expect(used.data).toEqual({
      apiKey: {
        boundExecutors: [{ name: "agent-1" }],
        usedBy: [{ firstUsedAt: after?.keyHistory[0]?.firstUsedAt }],
      },
    });
  });
});

describe("a key of another executor", () => {
  it.each([
    [
      "targets another one",
      async (server: Awaited<ReturnType<typeof startPeopleServer>>) => {
        const own = await server.createKey({ name: "agent-1's" });
        await server.sync(own.secret);
        await server.sync((await server.createKey()).secret, { name: "agent-2" });
        return server.createKey({ name: "for 2", target: "agent-2" });
      },
      "key_targets_other_executor",
      /was made for executor agent-2, not for agent-1: call this one agent-2, which keeps the nodes .*, or create a key for agent-1/,
    ],
    [
      "is held by another one",
      async (server: Awaited<ReturnType<typeof startPeopleServer>>) => {
        const own = await server.createKey({ name: "agent-1's" });
        await server.sync(own.secret);
        const held = await server.createKey({ name: "agent-2's" });
        await server.sync(held.secret, { name: "agent-2" });
        return held;
      },
      "key_held_by_other_executor",
      /serves executor agent-2, and agent-1 is bound to another key: create a key for agent-1, or rotate the one that it has/,
    ],
  ])("and %s is refused, in words for both sides", async (_what, prepare, reason, sentence) => {
    const server = await startPeopleServer();
    const member = await server.signedIn("member");
    const key = await prepare(server);
    const refused = await server.sync(key.secret);
    expect(refused).toMatchObject({ status: 403, reason });
    expect(refused.message).toMatch(sentence);
    await expect
      .poll(async () => {
        const found = executors.parse((await member.graphql(STATE)).data).executors;
        return found.find(({ name }) => name === "agent-1")?.lastRefusal;
      })
      .toMatchObject({ reason, message: refused.message, key: { id: key.id } });
  });
});

describe("revoking an executor's access", () => {
  it("revokes the key that it is bound to, once, and names the executor in the audit log", async () => {
    const server = await startPeopleServer();
    const admin = await server.signedIn("admin");
    const key = await server.createKey();
    await server.sync(key.secret);
    const list = await admin.graphql("{ executors { id } }");
    const [executor] = z
      .object({ executors: z.array(z.object({ id: z.string() })) })
      .parse(list.data).executors;
    const revoke = () =>
      admin.graphql("mutation($id: ID!) { revokeExecutorAccess(executorId: $id) { id status } }", {
        id: executor?.id,
      });
    expect((await revoke()).data).toEqual({ revokeExecutorAccess: { id: key.id, status: "revoked" } });
    expect(await server.sync(key.secret)).toMatchObject({ status: 401, reason: "revoked" });
    expect(await revoke()).toMatchObject({ code: "CONFLICT" });
    const [event] = await server.auditEvents();
    expect(event).toMatchObject({
      action: "api_key.revoked",
      targetId: key.id,
      actor: `admin <${admin.email}>`,
    });
    expect(event?.details).toContain('"executor":"agent-1"');
    await admin.graphql(DELETE, { id: key.id });
    expect((await revoke()).message).toContain("executor agent-1 is not bound to a key");
  });
});
