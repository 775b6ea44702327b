import { describe, expect, it } from "vitest";
import * as z from "zod";
import { CURRENT_KEY } from "../../../src/protocol/operations.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { events, executors, serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

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

  it("creates one executor if many syncs come at once", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.sync(secret)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await executors(server)).toHaveLength(1);
    expect(events(server, "executor.connected")).toHaveLength(1);
  });

  it("keeps the history of keys through a rotation", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    await server.sync(first.secret);
    const second = await server.rotateKey(first.id);
    await server.sync(second.secret);
    const [executor] = await executors(server);
    expect(executor?.key?.id).toBe(second.id);
    expect(executor?.keyHistory.map(({ key }) => key.id).sort()).toEqual([first.id, second.id].sort());
  });

  it("shows the last use of a key and its user after a while, or when the program stops", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    const uses =
      '{ apiKeys(organization: "acme") { lastUsedAt usedByCount usedBy { executor { name } lastUsedAt } } }';
    await eventually(async () => /"lastUsedAt":\d+,"usedByCount":1/.test((await server.manage(uses)).text), {
      describe: "the key's last use is listed",
    });
    server.clock.offsetMs = 60_000;
    const usedAfter = server.clock.now();
    await server.sync(secret);
    await server.close();
    const again = await startServer({}, server.directory);
    const key = z
      .object({ apiKeys: z.array(z.object({ lastUsedAt: z.number() })) })
      .parse((await again.manage(uses)).data);
    expect(key.apiKeys[0]?.lastUsedAt).toBeGreaterThanOrEqual(usedAfter);
  });
});

describe("who may act for an executor", () => {
  it("refuses a key that serves another executor, and tells both sides why", async () => {
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

  it("lets a key of several executors be rotated, and each follows when it can", async () => {
    const server = await serverWithOrganization();
    const shared = await server.createKey();
    for (const name of ["agent-1", "agent-2"]) {
      await server.sync(shared.secret, { name });
    }
    const next = await server.rotateKey(shared.id, Date.now() + 60_000);
    for (const name of ["agent-1", "agent-2"]) {
      expect((await server.sync(next.secret, { name })).status).toBe(200);
      expect((await server.sync(shared.secret, { name: "agent-2" })).status).toBe(200);
    }
  });

  it("lets a key with a target take over that executor only", async () => {
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

  it("refuses a key of a different organization, and writes nothing", async () => {
    const server = await serverWithOrganization();
    const other = await server.createOrganization("other");
    const { secret } = await server.createKey();
    const refused = await server.sync(secret, { expectedOrganizationId: other });
    expect(refused).toMatchObject({ status: 403, reason: "wrong_organization" });
    expect(JSON.parse(refused.text)).toMatchObject({ errors: [{ extensions: { organization: "acme" } }] });
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

  it("are found by their exact name among newer ones that contain it", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const name of ["web", "web 1", "web 2"]) {
      await server.sync(secret, { name });
    }
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

describe("currentKey", () => {
  it("gives the same verdicts as a sync, without registering, binding or a heartbeat", async () => {
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

it("a fleet that is too large for the process is asked to sync less often, and is online for longer", async () => {
  const directory = tempDir();
  const server = await serverWithOrganization({ maxSyncsPerSecond: 1 }, directory);
  const { secret } = await server.createKey();
  const sync = (name: string) => server.sync(secret, { name, instanceId: name });
  for (let count = 1; count <= 6; count += 1) {
    await sync(`agent-${count}`);
  }
  const pace = { heartbeatTimeoutMs: 60_000, syncIntervalMs: 10_000 };
  await eventually(() => events(server, "fleet.sync-interval").length === 1, { describe: "the line" });
  expect(await sync("agent-1")).toMatchObject({ data: { syncExecutor: pace } });
  await server.close();
  // Nobody else tells the process after it that the fleet is slow.
  const later = await startServer({ maxSyncsPerSecond: 1 }, directory);
  later.clock.offsetMs = 45_000;
  expect(await executors(later)).toMatchObject(Array.from({ length: 6 }, () => ({ status: "online" })));
  expect(await later.sync(secret, { name: "agent-2", instanceId: "b" })).toMatchObject({
    data: { syncExecutor: pace },
  });
  expect(events(later, "executor.disconnected")).toEqual([]);
});
