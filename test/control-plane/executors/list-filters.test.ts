import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { TestServer } from "../../support/control-plane/control-plane-server.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

const DAY_MS = 86_400_000;
const named = z.array(z.object({ id: z.string(), name: z.string() }));
const healthAnswer = z.object({
  health: z.object({
    executors: z
      .object({ offlineBy: z.array(z.object({ cause: z.string(), count: z.number() })) })
      .catchall(z.number()),
    apiKeys: z.record(z.string(), z.number()),
  }),
});

/** A list by the text of its arguments. */
async function listOf({ manage }: TestServer, list: "apiKeys" | "executors", given: string) {
  const answer = await manage(`{ list: ${list}(organization: "acme", ${given}) { id name } }`);
  expect(answer.message).toBeUndefined();
  return z.object({ list: named }).parse(answer.data).list;
}

async function namesOf(server: TestServer, list: "apiKeys" | "executors", given: string) {
  return (await listOf(server, list, given)).map(({ name }) => name);
}

async function healthOf({ manage }: TestServer) {
  const answer = await manage(`{ health(organization: "acme") {
    executors { total online offline offlineBy { cause count } refused duplicates }
    apiKeys { total active refused expiring unused old } } }`);
  return healthAnswer.parse(answer.data).health;
}

/** One executor for each cause, and one that is online. */
async function fleet() {
  const server = await serverWithOrganization();
  const { now } = server.clock;
  const start = now();
  const keys = new Map<string, { id: string; secret: string }>();
  for (const name of ["silent", "key_revoked", "key_expired", "key_deleted", "refused", "well"]) {
    const expiresAt = name === "key_expired" ? start + 60_000 : undefined;
    const key = await server.createKey({ name, ...(expiresAt !== undefined && { expiresAt }) });
    keys.set(name, key);
    await server.sync(key.secret, { name, version: name === "well" ? "2.0.0" : "1.4.0" });
  }
  const id = (name: string) => keys.get(name)?.id ?? "";
  for (const name of ["key_revoked", "key_deleted"]) {
    await server.revokeKey(id(name));
  }
  await server.deleteKey(id("key_deleted"));
  server.clock.offsetMs = 90_000;
  for (const instanceId of ["one", "two", "one", "two"]) {
    await server.sync(keys.get("well")?.secret ?? "", { name: "well", version: "2.0.0", instanceId });
  }
  await server.sync(keys.get("well")?.secret ?? "", { name: "refused" });
  await server.sync(keys.get("key_revoked")?.secret ?? "", { name: "key_revoked" });
  await eventually(async () => (await healthOf(server)).executors["refused"] === 2, {
    describe: "the refusals are stored",
  });
  return server;
}

describe("the overview", () => {
  it("counts what its lists have", async () => {
    const server = await fleet();
    const { executors, apiKeys } = await healthOf(server);
    expect(executors).toMatchObject({ total: 6, online: 1, offline: 5, refused: 2, duplicates: 1 });
    expect(Object.fromEntries(executors.offlineBy.map(({ cause, count }) => [cause, count]))).toEqual({
      stopped: 0,
      silent: 1,
      key_revoked: 1,
      key_expired: 1,
      key_deleted: 1,
      refused: 1,
    });
    for (const { cause, count } of executors.offlineBy) {
      const found = await namesOf(server, "executors", `filter: { status: offline, cause: ${cause} }`);
      expect(found).toEqual(count === 0 ? [] : [cause]);
    }
    expect(await namesOf(server, "executors", "filter: { concern: duplicate }")).toEqual(["well"]);
    expect(await namesOf(server, "executors", "filter: { concern: refused }")).toEqual([
      "refused",
      "key_revoked",
    ]);
    expect(apiKeys).toEqual({ total: 5, active: 3, refused: 2, expiring: 0, unused: 0, old: 0 });
    expect(await namesOf(server, "apiKeys", "filter: { concern: refused }")).toEqual(["well", "key_revoked"]);
    expect(await namesOf(server, "apiKeys", "filter: { status: expired }")).toEqual(["key_expired"]);
    const answer = await server.manage(`{ apiKeyCount(organization: "acme", filter: { status: active })
      executorCount(organization: "acme", search: "key_", filter: { kind: agent, version: "1.4.0" }) }`);
    expect(answer.data).toEqual({ apiKeyCount: 3, executorCount: 3 });
  });

  it("counts the versions that executors run, the most common first", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey({ name: "shared" });
    const asked = () => server.manage('{ executorVersions(organization: "acme") { version count } }');
    expect((await asked()).data).toEqual({ executorVersions: [] });
    for (const [name, version] of [
      ["a", "1.9.0"],
      ["b", "1.10.0"],
      ["c", "1.10.0"],
    ]) {
      await server.sync(secret, { name, version });
    }
    await eventually(
      async () => {
        server.clock.offsetMs += 3000; // What was counted is kept for two seconds.
        return JSON.stringify((await asked()).data).includes('"1.9.0"');
      },
      { describe: "the versions are stored" },
    );
    expect((await asked()).data).toEqual({
      executorVersions: [
        { version: "1.10.0", count: 2 },
        { version: "1.9.0", count: 1 },
      ],
    });
  });

  it("finds keys by any part of the name of the executor that they were made for", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey({ name: "first" });
    await server.sync(secret, { name: "fra-1.example" });
    await server.createKey({ name: "made for it", target: "fra-1.example" });
    for (const target of ["fra-1.example", "FRA", "example"]) {
      expect(await namesOf(server, "apiKeys", `filter: { target: "${target}" }`)).toEqual(["made for it"]);
    }
    expect(await namesOf(server, "apiKeys", 'filter: { target: "ams" }')).toEqual([]);
  });

  it("counts keys that end, rest or are old, but not those with a successor", async () => {
    const server = await serverWithOrganization();
    const in30 = server.clock.now() + 30 * DAY_MS;
    await server.createKey({ name: "expiring", expiresAt: in30 });
    const rotated = await server.createKey({ name: "rotated", expiresAt: in30 });
    await server.createKey({ name: "forever" });
    server.clock.offsetMs = 20 * DAY_MS;
    await server.rotateKey(rotated.id, server.clock.now() + 5 * DAY_MS);
    expect((await healthOf(server)).apiKeys).toMatchObject({ active: 4, expiring: 2, unused: 0, old: 0 });
    server.clock.offsetMs = 100 * DAY_MS;
    expect((await healthOf(server)).apiKeys).toMatchObject({ active: 1, expiring: 0, unused: 1, old: 1 });
    for (const concern of ["unused", "old"]) {
      expect(await namesOf(server, "apiKeys", `filter: { concern: ${concern} }`)).toEqual(["forever"]);
    }
  });
});

describe("pages of a list", () => {
  it.each([
    ["executors", "name"],
    ["executors", "seen"],
    ["executors", "created"],
    ["apiKeys", "name"],
    ["apiKeys", "expires"],
    ["apiKeys", "created"],
  ] as const)("of %s by %s go forwards and backwards, and lose nothing", async (list, sort) => {
    const server = await serverWithOrganization();
    for (const name of ["b", "a", "d", "c", "e"]) {
      const key = await server.createKey({
        name,
        ...(name < "c" && { expiresAt: server.clock.now() + DAY_MS }),
      });
      await server.sync(key.secret, { name });
    }
    for (const order of ["ascending", "descending"]) {
      const by = `sort: ${sort}, order: ${order}`;
      const all = await listOf(server, list, by);
      expect(all).toHaveLength(5);
      if (sort === "name") {
        const names = all.map(({ name }) => name).join("");
        expect(names).toBe(order === "ascending" ? "abcde" : "edcba");
      }
      for (const [index, { id }] of all.entries()) {
        expect(await listOf(server, list, `${by}, before: "${id}"`)).toEqual(all.slice(index + 1));
        const previous = await listOf(server, list, `${by}, limit: 2, after: "${id}"`);
        expect(previous).toEqual(all.slice(Math.max(0, index - 2), index));
      }
      expect(await listOf(server, list, `${by}, after: "nothing"`)).toEqual([]);
    }
    const both = await server.manage(`{ ${list}(organization: "acme", before: "x", after: "y") { id } }`);
    expect(both).toMatchObject({ code: "BAD_USER_INPUT" });
    const damaged = await server.manage(
      `{ ${list}(organization: "acme", filter: { status: damaged }) { id } }`,
    );
    expect(damaged).toMatchObject({ code: "BAD_USER_INPUT" });
  });
});
