import { describe, expect, it } from "vitest";
import * as z from "zod";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../../src/protocol/operations.ts";
import { SYNC_INPUT, startServer, type TestServer } from "../support/control-plane-server.ts";
import { eventually } from "../support/eventually.ts";

const keyReference = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });
const executorList = z.object({
  executors: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      lastSyncAt: z.number().nullable(),
      key: keyReference.nullable(),
      keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: z.number(), lastUsedAt: z.number() })),
      instances: z.array(
        z.object({ instanceId: z.string(), hostName: z.string(), address: z.string().nullable() }),
      ),
      lastRefusal: z.object({ key: keyReference, reason: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

async function executors({ manage }: TestServer, organization = "acme") {
  const answer = await manage(
    `query($organization: String!) { executors(organization: $organization) { name status lastSyncAt
      key { id name fingerprint } keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
      instances { instanceId hostName address } lastRefusal { key { id name fingerprint } reason message } } }`,
    { organization },
  );
  return executorList.parse(answer.data).executors;
}

function events({ lines }: TestServer, event: string): string[] {
  return lines.filter((line) => line.includes(`"event":"${event}"`));
}

async function serverWithOrganization(): Promise<TestServer> {
  const server = await startServer();
  await server.createOrganization("acme");
  return server;
}

describe("a sync", () => {
  it("creates the executor, binds the key, and answers with all that an agent shows", async () => {
    const server = await serverWithOrganization();
    const { id, secret } = await server.createKey();
    const answer = await server.sync(secret);
    expect(answer.data).toEqual({
      syncExecutor: {
        executor: { id: expect.any(String), name: "agent-1" },
        key: { id, name: "prod", expiresAt: null, revokesAt: null },
        organization: { id: expect.any(String), name: "acme", slug: "acme" },
        heartbeatTimeoutMs: 30_000,
        syncIntervalMs: null,
        restartSpreadMs: 1,
        compatibility: { verdict: "supported", recommendedVersion: null },
        duplicates: [],
        pendingUpgrade: null,
      },
    });
    expect(await executors(server)).toMatchObject([{ name: "agent-1", status: "online", key: { id } }]);
    await server.sync(secret);
    expect(events(server, "executor.connected")).toHaveLength(1);
    expect(events(server, "executor.reconnected")).toHaveLength(0);
  });

  it.each([
    [{ name: "" }],
    [{ name: "a\nb" }],
    [{ name: "n".repeat(254) }],
    [{ version: "v".repeat(101) }],
    [{ resources: { cpuCount: -1, memoryTotalBytes: 1, memoryFreeBytes: 1 } }],
    [{ capabilities: { supportedChains: [], features: Array(201).fill("x"), storageClasses: [] } }],
    [{ kind: "robot" }],
  ])("is refused with a wrong input: %o", async (input) => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    expect(await server.sync(secret, input)).toMatchObject({ status: 200, code: "BAD_USER_INPUT" });
    expect(await executors(server)).toEqual([]);
  });

  it("creates one executor however many come at once", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.sync(secret)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await executors(server)).toHaveLength(1);
    expect(events(server, "executor.connected")).toHaveLength(1);
  });

  it("keeps the history of keys, through a rotation", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    await server.sync(first.secret);
    const second = await server.rotateKey(first.id);
    await server.sync(second.secret);
    const [executor] = await executors(server);
    expect(executor?.key?.id).toBe(second.id);
    expect(executor?.keyHistory.map(({ key }) => key.id).sort()).toEqual([first.id, second.id].sort());
  });

  it("shows the last use of a key, and by whom, within 5 s, and not later than a stop", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    const uses =
      '{ apiKeys(organization: "acme") { lastUsedAt usedByCount usedBy { executor { name } lastUsedAt } } }';
    await eventually(async () => /"lastUsedAt":\d+,"usedByCount":1/.test((await server.manage(uses)).text), {
      timeoutMs: 5000,
      describe: "the key's last use is listed",
    });
    server.clock.offsetMs = 60_000;
    await server.sync(secret);
    const stoppedAt = server.clock.now();
    await server.close();
    const again = await startServer({}, server.directory);
    const key = z
      .object({ apiKeys: z.array(z.object({ lastUsedAt: z.number() })) })
      .parse((await again.manage(uses)).data);
    expect(stoppedAt - (key.apiKeys[0]?.lastUsedAt ?? 0)).toBeLessThan(5000);
  });
});

describe("who may act for an executor", () => {
  it("refuses a key that serves another executor, and both sides read why", async () => {
    const server = await serverWithOrganization();
    const one = await server.createKey({ name: "one" });
    const two = await server.createKey({ name: "two" });
    await server.sync(one.secret, { name: "agent-1" });
    await server.sync(two.secret, { name: "agent-2" });
    const refused = await server.sync(two.secret, { name: "agent-1" });
    expect(refused).toMatchObject({ status: 403, code: "FORBIDDEN", reason: "key_held_by_other_executor" });
    expect(refused.message).toMatch(/serves executor agent-2/);
    const refusal = await eventually(
      async () => (await executors(server)).find(({ name }) => name === "agent-1")?.lastRefusal ?? undefined,
      { describe: "the refusal is shown on the other side" },
    );
    expect(refusal).toMatchObject({ key: { id: two.id, name: "two" }, reason: "key_held_by_other_executor" });
    expect(refusal.message).toContain("agent-2");
    expect((await executors(server)).map(({ name, key }) => [name, key?.name])).toEqual([
      ["agent-2", "two"],
      ["agent-1", "one"],
    ]);
    expect((await server.sync(one.secret, { name: "agent-1" })).status).toBe(200);
  });

  it("lets a key shared by several executors be rotated, each following in its time", async () => {
    const server = await serverWithOrganization();
    const shared = await server.createKey();
    for (const name of ["agent-1", "agent-2"]) await server.sync(shared.secret, { name });
    const next = await server.rotateKey(shared.id, Date.now() + 60_000);
    for (const name of ["agent-1", "agent-2"]) {
      expect((await server.sync(next.secret, { name })).status).toBe(200);
      expect((await server.sync(shared.secret, { name: "agent-2" })).status).toBe(200);
    }
  });

  it("rebinds an executor to a key that targets it, and to no other by that key", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    await server.sync(first.secret);
    const targeted = await server.createKey({ target: "agent-1" });
    expect(await server.sync(targeted.secret, { name: "agent-2" })).toMatchObject({
      status: 403,
      reason: "key_targets_other_executor",
    });
    expect((await server.sync(targeted.secret)).status).toBe(200);
    expect(await executors(server)).toMatchObject([{ name: "agent-1", key: { id: targeted.id } }]);
  });

  it("refuses a key of another organization to one that has been elsewhere, and writes nothing", async () => {
    const server = await serverWithOrganization();
    const other = await server.createOrganization("other");
    const { secret } = await server.createKey();
    const refused = await server.sync(secret, { expectedOrganizationId: other });
    expect(refused).toMatchObject({ status: 403, reason: "wrong_organization" });
    expect(await executors(server)).toEqual([]);
    expect(await executors(server, "other")).toEqual([]);
  });

  it("keeps organizations apart: the same name is another executor in each", async () => {
    const server = await serverWithOrganization();
    await server.createOrganization("other");
    const a = await server.createKey();
    const b = await server.createKey({ organization: "other" });
    await server.sync(a.secret);
    await server.sync(b.secret);
    expect(await executors(server)).toMatchObject([{ key: { id: a.id } }]);
    expect(await executors(server, "other")).toMatchObject([{ key: { id: b.id } }]);
  });

  it("are listed by exactly their name, however many newer ones have it in theirs", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const name of ["web", "web 1", "web 2"]) await server.sync(secret, { name });
    const named = async (name: string) => {
      const document =
        'query($name: String) { executors(organization: "acme", limit: 1, name: $name) { name } }';
      return (await server.manage(document, { name })).data;
    };
    expect(await named("web")).toEqual({ executors: [{ name: "web" }] });
    expect(await named("we")).toEqual({ executors: [] });
    expect(await named("WEB")).toEqual({ executors: [] });
    expect((await server.manage('{ executors(organization: "acme", limit: 1) { name } }')).data).toEqual({
      executors: [{ name: "web 2" }],
    });
    await server.createOrganization("other");
    expect((await server.manage('{ executors(organization: "other", name: "web") { name } }')).data).toEqual({
      executors: [],
    });
  });

  it("refuses another kind under the same name", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    expect(await server.sync(secret, { kind: "operator" })).toMatchObject({
      status: 403,
      reason: "kind_mismatch",
    });
  });
});

describe("the name of a new executor", () => {
  it.each([
    "\u3164",
    "agent-1\u3164",
    "agent-1\u115f",
    "agent\u2800-1",
    "agent-1\u{1d159}",
    "\u0301",
    "agent-1\ufe0f",
  ])("has no characters that nobody can see: %j", async (name) => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    const refused = { code: "BAD_USER_INPUT", message: expect.stringMatching(/nobody can see|printable/) };
    expect(await server.sync(secret, { name })).toMatchObject(refused);
    expect(await server.post(secret, CURRENT_KEY, { input: { executorName: name } })).toMatchObject(refused);
    const listed = await server.manage('{ executors(organization: "acme") { name } }');
    expect(listed.data).toEqual({ executors: [{ name: "agent-1" }] });
  });
});

describe("a lineage of keys", () => {
  /** A is on the first of two keys, B on one of its own. */
  async function twoExecutors() {
    const server = await serverWithOrganization();
    const first = await server.createKey({ name: "first" });
    await server.sync(first.secret, { name: "A" });
    const ofB = await server.createKey({ name: "of B" });
    await server.sync(ofB.secret, { name: "B" });
    const check = (secret: string, executorName: string) =>
      server.post(secret, CURRENT_KEY, { input: { executorName } });
    const keyOf = async (executor: string) =>
      (await executors(server)).find(({ name }) => name === executor)?.key?.id;
    return { server, first, ofB, check, keyOf };
  }

  it("takes nobody over with a key in its grace, once its executor is on the successor", async () => {
    const { server, first, ofB, check, keyOf } = await twoExecutors();
    const second = await server.rotateKey(first.id, Date.now() + 60_000);
    expect((await server.sync(second.secret, { name: "A" })).status).toBe(200);
    const held = { status: 403, reason: "key_held_by_other_executor" };
    expect(await check(first.secret, "B")).toMatchObject(held);
    expect(await server.sync(first.secret, { name: "B" })).toMatchObject(held);
    expect(await server.sync(second.secret, { name: "B" })).toMatchObject(held);
    expect(await keyOf("B")).toBe(ofB.id);
    expect((await server.sync(ofB.secret, { name: "B" })).status).toBe(200);
    expect((await server.sync(first.secret, { name: "A" })).status).toBe(200);
  });

  it("takes nobody over with a successor that nobody is on yet", async () => {
    const { server, first, ofB, keyOf } = await twoExecutors();
    const second = await server.rotateKey(first.id, Date.now() + 60_000);
    const third = await server.rotateKey(second.id, Date.now() + 60_000);
    for (const { secret } of [second, third])
      expect(await server.sync(secret, { name: "B" })).toMatchObject({ status: 403 });
    expect(await keyOf("B")).toBe(ofB.id);
  });

  it("takes over no executor whose key was deleted, but serves its own", async () => {
    const { server, first, ofB, check, keyOf } = await twoExecutors();
    const second = await server.rotateKey(first.id);
    await server.deleteKey(first.id);
    await server.revokeKey(ofB.id);
    await server.deleteKey(ofB.id);
    expect([await keyOf("A"), await keyOf("B")]).toEqual([undefined, undefined]);
    const refused = await server.sync(second.secret, { name: "B" });
    expect(refused).toMatchObject({ status: 403, reason: "key_held_by_other_executor" });
    expect(refused.message).toMatch(/serves executor A, and B was bound to another key, which was deleted/);
    expect((await check(second.secret, "A")).status).toBe(200);
    expect((await server.sync(second.secret, { name: "A" })).status).toBe(200);
    const given = await server.createKey({ name: "given to B" });
    expect((await server.sync(given.secret, { name: "B" })).status).toBe(200);
    expect([await keyOf("A"), await keyOf("B")]).toEqual([second.id, given.id]);
  });

  it("enrols an executor that is new, also with a key in its grace", async () => {
    const { server, first, keyOf } = await twoExecutors();
    await server.rotateKey(first.id, Date.now() + 60_000);
    expect((await server.sync(first.secret, { name: "C" })).status).toBe(200);
    expect(await keyOf("C")).toBe(first.id);
  });

  it("takes one executor, where its key asks for two at the same moment", async () => {
    const { server, ofB, first, keyOf } = await twoExecutors();
    const fresh = await server.createKey({ name: "fresh" });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => server.sync(fresh.secret, { name: n % 2 === 0 ? "A" : "B" })),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 403]));
    const now = [await keyOf("A"), await keyOf("B")];
    expect([
      [fresh.id, ofB.id],
      [first.id, fresh.id],
    ]).toContainEqual(now);
  });
});

describe("the limit on what a key enrols", () => {
  it("counts the executors that exist, through rotations, and says it on both sides", async () => {
    const server = await startServer({ maxExecutorsPerKey: 3 });
    await server.createOrganization("acme");
    const first = await server.createKey();
    for (const name of ["a", "b"]) expect((await server.sync(first.secret, { name })).status).toBe(200);
    const second = await server.rotateKey(first.id, Date.now() + 60_000);
    expect((await server.sync(second.secret, { name: "c" })).status).toBe(200);
    for (const { secret } of [first, second]) {
      const refused = await server.sync(secret, { name: "d" });
      expect(refused).toMatchObject({ status: 403, code: "FORBIDDEN", reason: "key_executor_limit" });
      expect(refused.message).toMatch(/has enrolled 3 executors that exist.*create another key for d/);
      const check = await server.post(secret, CURRENT_KEY, { input: { executorName: "d" } });
      expect(check).toMatchObject({ status: 403, reason: "key_executor_limit" });
    }
    expect(events(server, "executor.refused").join()).toContain("key_executor_limit");
    for (const name of ["a", "b", "c"]) expect((await server.sync(second.secret, { name })).status).toBe(200);
    const another = await server.createKey();
    expect((await server.sync(another.secret, { name: "d" })).status).toBe(200);
  });

  it("goes by who enrolled, not by whose key an executor is on, and holds in a race", async () => {
    const server = await startServer({ maxExecutorsPerKey: 3 });
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    const names = Array.from({ length: 12 }, (_, n) => `agent-${n}`);
    const answers = await Promise.all(names.map((name) => server.sync(secret, { name })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    for (const { name } of await executors(server)) {
      const own = await server.createKey({ target: name });
      expect((await server.sync(own.secret, { name })).status).toBe(200);
    }
    expect(await server.sync(secret, { name: "one more" })).toMatchObject({ reason: "key_executor_limit" });
  });

  it("leaves those alone that were above it before", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const name of ["a", "b", "c"]) await server.sync(secret, { name });
    await server.close();
    const again = await startServer({ maxExecutorsPerKey: 1 }, server.directory);
    for (const name of ["a", "b", "c"]) expect((await again.sync(secret, { name })).status).toBe(200);
    expect(await again.sync(secret, { name: "d" })).toMatchObject({ reason: "key_executor_limit" });
  });
});

describe("how fast a key enrols", () => {
  it("is bounded for its lineage, with a time to try again; bound executors and other keys go on", async () => {
    const clock = { ms: 0 };
    const server = await startServer({ maxExecutorsPerKey: 1000, monotonicNow: () => clock.ms });
    await server.createOrganization("acme");
    const { id, secret } = await server.createKey();
    const enrol = (from: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => server.sync(secret, { name: `agent-${from + n}` })),
      );
    for (const { status } of await enrol(0, 100)) expect(status).toBe(200);
    const [refused] = await enrol(100, 1);
    expect(refused).toMatchObject({ status: 429, code: "RATE_LIMITED", headers: { "retry-after": "1" } });
    expect(refused?.message).toMatch(
      /enrols too many new executors at once: agent-100 is enrolled with a later/,
    );
    expect(events(server, "executor.refused").join()).toContain("too_many_enrolments");
    expect((await server.sync(secret, { name: "agent-99" })).status).toBe(200);
    const successor = await server.rotateKey(id, Date.now() + 60_000);
    expect(await server.sync(successor.secret, { name: "agent-100" })).toMatchObject({ status: 429 });
    expect((await server.sync(successor.secret, { name: "agent-99" })).status).toBe(200);
    const other = await server.createKey();
    expect((await server.sync(other.secret, { name: "of another key" })).status).toBe(200);
    clock.ms = 1000;
    const later = await enrol(100, 11);
    expect(later.filter(({ status }) => status === 200)).toHaveLength(10);
  });
});

describe("currentKey", () => {
  it("checks without registering, binding or counting as a heartbeat, with the same verdicts", async () => {
    const server = await serverWithOrganization();
    const one = await server.createKey({ name: "one" });
    const check = (secret: string, executorName: string) =>
      server.post(secret, CURRENT_KEY, { input: { executorName } });
    expect((await check(one.secret, "agent-1")).data).toMatchObject({ currentKey: { key: { id: one.id } } });
    expect(await executors(server)).toEqual([]);
    await server.sync(one.secret, { name: "agent-1" });
    const two = await server.createKey({ name: "two" });
    expect((await check(two.secret, "agent-1")).status).toBe(200);
    expect(await executors(server)).toMatchObject([{ key: { id: one.id } }]);
    await server.sync(two.secret, { name: "agent-2" });
    expect(await check(two.secret, "agent-1")).toMatchObject({
      status: 403,
      reason: "key_held_by_other_executor",
    });
    expect(await executors(server)).toMatchObject([
      { name: "agent-2" },
      { name: "agent-1", lastRefusal: null },
    ]);
    server.clock.offsetMs = 31_000;
    await check(one.secret, "agent-1");
    expect(await executors(server)).toMatchObject([{ status: "offline" }, { status: "offline" }]);
  });
});

describe("presence", () => {
  it("says once that an executor went silent, and that it is back", async () => {
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

  it("expects after a restart those that were online before, and misses them", async () => {
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

  it("names a cloned host to both sides and in the list, and forgets it in silence", async () => {
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

  it("names the hosts of a clone by what a proxy of this host says of them, and by its last word alone", async () => {
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
