import { describe, expect, it } from "vitest";
import * as z from "zod";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { startServer, type TestServer } from "../../support/control-plane/control-plane-server.ts";

const CURRENT_KEY = 'query { currentKey(input: { executorName: "agent-1" }) { key { id } } }';
const DAY_MS = 86_400_000;

async function serverWithOrganization(): Promise<TestServer> {
  const server = await startServer();
  await server.createOrganization("acme");
  return server;
}

const listedKeys = z.object({
  apiKeys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      status: z.string(),
      fingerprint: z.string(),
      expiresAt: z.number().nullable(),
      revokesAt: z.number().nullable(),
      revokedAt: z.number().nullable(),
      lastUsedAt: z.number().nullable(),
    }),
  ),
});

async function listKeys({ manage }: TestServer, more = "") {
  const fields = "id name status fingerprint expiresAt revokesAt revokedAt lastUsedAt";
  const answer = await manage(`{ apiKeys(organization: "acme"${more}) { ${fields} } }`);
  return listedKeys.parse(answer.data).apiKeys;
}

describe("creating a key", () => {
  it("issues exc_ and 64 letters, and accepts the key", async () => {
    const server = await serverWithOrganization();
    const key = await server.createKey();
    expect(key).toMatchObject({ name: "prod", status: "active", expiresAt: null });
    expect(key.secret).toMatch(/^exc_[a-zA-Z]{64}$/);
    expect(await server.post(key.secret, CURRENT_KEY)).toMatchObject({
      status: 200,
      data: { currentKey: { key: { id: key.id } } },
    });
  });

  it.each([
    [{ name: "" }, "BAD_USER_INPUT", /1 to 32/],
    [{ name: "a".repeat(33) }, "BAD_USER_INPUT", /this one has 33/],
    [{ name: undefined }, "BAD_USER_INPUT", /has no name/],
    [{ expiresAt: Date.now() - 1000 }, "BAD_USER_INPUT", /is in the past/],
    [{ organization: "nobody" }, "NOT_FOUND", /no organization nobody/],
    [{ target: "agent-9" }, "NOT_FOUND", /no executor agent-9/],
    [{ expiresAt: 1.5 }, "BAD_USER_INPUT", /Timestamp/],
    // Dates are stored as text with four digits for the year: it would be a damaged key from its
    // first day on.
    [{ expiresAt: Date.UTC(10_000, 0, 1) }, "BAD_USER_INPUT", /after the year 9999/],
    [{ expiresAt: 8.64e15 }, "BAD_USER_INPUT", /after the year 9999/],
  ])("refuses %o", async (input, code, why) => {
    const server = await serverWithOrganization();
    await expect(server.createKey(input)).rejects.toThrow(code);
    await expect(server.createKey(input)).rejects.toThrow(why);
    expect(await listKeys(server)).toEqual([]);
    expect(await server.auditEvents()).toEqual([]);
  });

  it("accepts the last possible expiry", async () => {
    const server = await serverWithOrganization();
    const expiresAt = Date.UTC(10_000, 0, 1) - 1;
    const { id } = await server.createKey({ expiresAt });
    expect(await listKeys(server)).toMatchObject([{ id, status: "active", expiresAt }]);
  });

  it("takes the name from its target", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    await server.sync(first.secret, { name: "agent-with-a-name-longer-than-a-key-has" });
    const key = await server.createKey({
      name: undefined,
      target: "agent-with-a-name-longer-than-a-key-has",
    });
    expect(key.name).toBe("agent-with-a-name-longer-than-a-");
  });
});

describe("the end of a key", () => {
  it("refuses a revoked key from the next request on, and keeps it in the list", async () => {
    const server = await serverWithOrganization();
    const { id, secret } = await server.createKey();
    expect((await server.post(secret, CURRENT_KEY)).status).toBe(200);
    expect((await server.revokeKey(id)).data).toEqual({ revokeApiKey: { id, status: "revoked" } });
    const refused = await server.post(secret, CURRENT_KEY);
    expect(refused).toMatchObject({ status: 401, code: "UNAUTHENTICATED", reason: "revoked" });
    expect(refused.message).toMatch(/revoked at 20\d\d-/);
    expect(JSON.parse(refused.text)).toMatchObject({ errors: [{ extensions: { rotated: false } }] });
    expect(await listKeys(server)).toMatchObject([{ id, status: "revoked", revokedAt: expect.any(Number) }]);
    expect(await server.revokeKey(id)).toMatchObject({
      status: 200,
      code: "CONFLICT",
      message: expect.stringMatching(/already revoked since/),
    });
  });

  it("refuses an expired key, calls it revoked if it is that too, and keeps it in the list", async () => {
    const server = await serverWithOrganization();
    const { id, secret } = await server.createKey({ expiresAt: Date.now() + DAY_MS });
    server.clock.offsetMs = DAY_MS - 1000;
    expect((await server.post(secret, CURRENT_KEY)).status).toBe(200);
    server.clock.offsetMs = DAY_MS + 1000;
    expect(await server.post(secret, CURRENT_KEY)).toMatchObject({ status: 401, reason: "expired" });
    expect(await listKeys(server)).toMatchObject([{ id, status: "expired" }]);
    expect(await server.deleteKey(id)).toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/is expired, and only a revoked/),
    });
    await server.revokeKey(id);
    expect(await server.post(secret, CURRENT_KEY)).toMatchObject({ status: 401, reason: "revoked" });
  });

  it("deletes only a revoked key; its executor loses the binding and keeps the history", async () => {
    const server = await serverWithOrganization();
    const { id, secret } = await server.createKey();
    await server.sync(secret);
    expect(await server.deleteKey(id)).toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/revoke it first/),
    });
    await server.revokeKey(id);
    expect((await server.deleteKey(id)).data).toEqual({ deleteApiKey: { id } });
    expect(await listKeys(server)).toEqual([]);
    expect(await server.post(secret, CURRENT_KEY)).toMatchObject({ status: 401, reason: "unknown" });
    const executors = await server.manage(
      '{ executors(organization: "acme") { key { id } keyHistory { key { id name } } } }',
    );
    expect(executors.data).toEqual({
      executors: [{ key: null, keyHistory: [{ key: { id, name: "prod" } }] }],
    });
    expect(await server.deleteKey(id)).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("rotating a key", () => {
  it("keeps the expiry to the millisecond and the target, and revokes the old key at once", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey({ name: "first" });
    await server.sync(first.secret);
    const expiresAt = Date.now() + 12_345_678;
    const old = await server.createKey({ expiresAt, target: "agent-1" });
    const next = await server.rotateKey(old.id);
    expect(next.expiresAt).toBe(expiresAt);
    expect(next.name).toMatch(/^prod \d{6}$/);
    expect(await server.post(old.secret, CURRENT_KEY)).toMatchObject({ status: 401, reason: "revoked" });
    expect((await server.post(next.secret, CURRENT_KEY)).status).toBe(200);
    expect(await server.sync(next.secret, { name: "agent-2" })).toMatchObject({
      reason: "key_targets_other_executor",
    });
  });

  it("keeps the old key valid until the end of its grace or its expiry", async () => {
    const server = await serverWithOrganization();
    const expiresAt = Date.now() + 30 * DAY_MS;
    const old = await server.createKey({ expiresAt });
    const revokesAt = Date.now() + DAY_MS;
    const next = await server.rotateKey(old.id, revokesAt);
    expect(await listKeys(server)).toMatchObject([
      { id: next.id, status: "active", expiresAt, revokesAt: null },
      { id: old.id, status: "active", expiresAt, revokesAt, revokedAt: null },
    ]);
    const told = await server.sync(old.secret);
    expect(told.data).toMatchObject({ syncExecutor: { key: { id: old.id, revokesAt } } });
    server.clock.offsetMs = DAY_MS + 1000;
    expect(await server.sync(old.secret)).toMatchObject({ status: 401, reason: "revoked" });
    expect((await server.sync(next.secret)).status).toBe(200);
    expect(await listKeys(server)).toMatchObject([
      {},
      { id: old.id, status: "revoked", revokedAt: revokesAt },
    ]);
  });

  it("is possible once for an active key; a second try names the successor", async () => {
    const server = await serverWithOrganization();
    const old = await server.createKey();
    await expect(server.rotateKey(old.id, Date.now() - 1)).rejects.toThrow(/is in the past/);
    const next = await server.rotateKey(old.id, Date.now() + DAY_MS);
    await expect(server.rotateKey(old.id)).rejects.toThrow(
      new RegExp(
        `CONFLICT: key prod \\(\\w{8}\\) was .* UTC: rotate its successor, key ${next.name} \\(${keyFingerprint(next.secret)}\\)$`,
      ),
    );
    await server.revokeKey(old.id);
    await expect(server.rotateKey(old.id)).rejects.toThrow(/CONFLICT.*is revoked since/);
    await expect(server.rotateKey("nothing")).rejects.toThrow(/NOT_FOUND/);
  });

  it.each([undefined, DAY_MS])("is won by one of ten at once (grace %s)", async (graceMs) => {
    const server = await serverWithOrganization();
    const old = await server.createKey();
    const revokesAt = graceMs === undefined ? undefined : Date.now() + graceMs;
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => server.rotateKey(old.id, revokesAt)),
    );
    const lost = results.filter((result) => result.status === "rejected");
    expect(lost).toHaveLength(9);
    for (const { reason } of lost) {
      expect(String(reason)).toMatch(/CONFLICT/);
    }
    expect(await listKeys(server)).toHaveLength(2);
  });
});

describe("the refusal of a revoked key says whether another key replaced it", () => {
  const rotatedOf = async (server: TestServer, secret: string) => {
    const { text, message } = await server.post(secret, CURRENT_KEY);
    return [JSON.parse(text).errors[0].extensions.rotated, message?.replace(/20\d\d-.* UTC/, "T")];
  };
  const ROTATED = [true, "this key was rotated, and stopped working at T: use the key that replaced it"];
  const REVOKED = [false, "this key was revoked at T"];

  it("after a rotation, whatever happened before and afterwards", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    const second = await server.rotateKey(first.id);
    expect(await rotatedOf(server, first.secret)).toEqual(ROTATED);
    const third = await server.rotateKey(second.id);
    await server.revokeKey(third.id);
    expect(await rotatedOf(server, first.secret)).toEqual(ROTATED);
    expect(await rotatedOf(server, second.secret)).toEqual(ROTATED);
    expect(await rotatedOf(server, third.secret)).toEqual(REVOKED);
  });

  it("after a grace, whether it ended or somebody ended it", async () => {
    const server = await serverWithOrganization();
    const [ended, cut] = [await server.createKey(), await server.createKey()];
    await server.rotateKey(ended.id, Date.now() + DAY_MS);
    await server.rotateKey(cut.id, Date.now() + DAY_MS);
    await server.revokeKey(cut.id);
    server.clock.offsetMs = DAY_MS + 1000;
    expect(await rotatedOf(server, ended.secret)).toEqual(ROTATED);
    expect(await rotatedOf(server, cut.secret)).toEqual(ROTATED);
  });

  it("not because of other keys, nor because of older ones of its lineage", async () => {
    const server = await serverWithOrganization();
    const old = await server.createKey();
    const next = await server.rotateKey(old.id);
    await server.createKey();
    await server.revokeKey(next.id);
    expect(await rotatedOf(server, next.secret)).toEqual(REVOKED);
  });
});

describe("the audit log", () => {
  it("has every change, by key id, with an allow-list of details, newest first", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    const second = await server.rotateKey(first.id);
    const revokesAt = Date.now() + DAY_MS;
    const third = await server.rotateKey(second.id, revokesAt);
    await server.deleteKey(first.id);
    const events = await server.auditEvents();
    expect(events.map(({ action, targetId }) => [action, targetId])).toEqual([
      ["api_key.deleted", first.id],
      ["api_key.updated", second.id],
      ["api_key.created", third.id],
      ["api_key.revoked", first.id],
      ["api_key.created", second.id],
      ["api_key.created", first.id],
    ]);
    expect(JSON.parse(events[1]?.details ?? "")).toEqual({
      fingerprint: expect.any(String),
      rotatedTo: third.id,
      revokesAt,
    });
    for (const event of events) {
      expect(event).toMatchObject({ actor: "local operator", source: "management socket" });
      for (const { secret } of [first, second, third]) {
        expect(JSON.stringify(event)).not.toContain(secret);
      }
    }
  });
});

describe("lists", () => {
  it("come in pages, newest first, and refuse a page that is too large", async () => {
    const server = await serverWithOrganization();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.unshift((await server.createKey({ name: `key ${n}` })).id);
    }
    const firstPage = await listKeys(server, ", limit: 3");
    expect(firstPage.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const secondPage = await listKeys(server, `, limit: 3, before: "${ids[2]}"`);
    expect(secondPage.map(({ id }) => id)).toEqual(ids.slice(3));
    for (const field of ["apiKeys", "executors", "auditEvents"]) {
      expect(await server.manage(`{ ${field}(organization: "acme", limit: 501) { id } }`)).toMatchObject({
        code: "BAD_USER_INPUT",
      });
    }
  });
});
