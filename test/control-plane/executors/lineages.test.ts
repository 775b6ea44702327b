import { describe, expect, it } from "vitest";
import { CURRENT_KEY } from "../../../src/protocol/operations.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { events, executors, serverWithOrganization } from "../../support/control-plane/executor-list.ts";

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

  it("takes over no executor with a key in its grace, once its own executor uses the successor", async () => {
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

  it("takes over no executor with a successor that nobody uses yet", async () => {
    const { server, first, ofB, keyOf } = await twoExecutors();
    const second = await server.rotateKey(first.id, Date.now() + 60_000);
    const third = await server.rotateKey(second.id, Date.now() + 60_000);
    for (const { secret } of [second, third]) {
      expect(await server.sync(secret, { name: "B" })).toMatchObject({ status: 403 });
    }
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

  it("enrols a new executor, even with a key in its grace", async () => {
    const { server, first, keyOf } = await twoExecutors();
    await server.rotateKey(first.id, Date.now() + 60_000);
    expect((await server.sync(first.secret, { name: "C" })).status).toBe(200);
    expect(await keyOf("C")).toBe(first.id);
  });

  it("takes over one executor if its key asks for two at the same moment", async () => {
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
  it("counts existing executors through rotations, and tells both sides", async () => {
    const server = await startServer({ maxExecutorsPerKey: 3 });
    await server.createOrganization("acme");
    const first = await server.createKey();
    for (const name of ["a", "b"]) {
      expect((await server.sync(first.secret, { name })).status).toBe(200);
    }
    const second = await server.rotateKey(first.id, Date.now() + 60_000);
    expect((await server.sync(second.secret, { name: "c" })).status).toBe(200);
    for (const { secret } of [first, second]) {
      const refused = await server.sync(secret, { name: "d" });
      expect(refused).toMatchObject({ status: 403, code: "FORBIDDEN", reason: "key_executor_limit" });
      expect(refused.message).toMatch(/have enrolled 3 executors.*create another key for d/);
      const check = await server.post(secret, CURRENT_KEY, { input: { executorName: "d" } });
      expect(check).toMatchObject({ status: 403, reason: "key_executor_limit" });
    }
    expect(events(server, "executor.refused").join()).toContain("key_executor_limit");
    for (const name of ["a", "b", "c"]) {
      expect((await server.sync(second.secret, { name })).status).toBe(200);
    }
    const another = await server.createKey();
    expect((await server.sync(another.secret, { name: "d" })).status).toBe(200);
  });

  it("counts by the key that enrolled, not the key in use, and holds in a race", async () => {
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

  it("leaves lineages alone that were already above it", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const name of ["a", "b", "c"]) {
      await server.sync(secret, { name });
    }
    await server.close();
    const again = await startServer({ maxExecutorsPerKey: 1 }, server.directory);
    for (const name of ["a", "b", "c"]) {
      expect((await again.sync(secret, { name })).status).toBe(200);
    }
    expect(await again.sync(secret, { name: "d" })).toMatchObject({ reason: "key_executor_limit" });
  });
});

describe("how fast a key enrols", () => {
  it("is limited for its lineage, with a time to retry; bound executors and other keys are not", async () => {
    const clock = { ms: 0 };
    const server = await startServer({ maxExecutorsPerKey: 1000, monotonicNow: () => clock.ms });
    await server.createOrganization("acme");
    const { id, secret } = await server.createKey();
    const enrol = (from: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => server.sync(secret, { name: `agent-${from + n}` })),
      );
    for (const { status } of await enrol(0, 100)) {
      expect(status).toBe(200);
    }
    const [refused] = await enrol(100, 1);
    expect(refused).toMatchObject({ status: 429, code: "RATE_LIMITED", headers: { "retry-after": "1" } });
    expect(refused?.message).toMatch(
      /enrols too many new executors at once: agent-100 will be enrolled by a later/,
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
