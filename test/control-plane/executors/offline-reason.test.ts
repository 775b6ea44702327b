import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SIGN_OFF_EXECUTOR } from "../../../src/protocol/operations.ts";
import {
  SYNC_INPUT,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";

const refusal = z.object({
  reason: z.string(),
  message: z.string(),
  address: z.string().nullable(),
  at: z.number(),
  key: z.object({ name: z.string() }),
});
const seen = z.object({
  executors: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      lastRefusal: refusal.nullable(),
      offlineReason: z
        .object({
          cause: z.string(),
          at: z.number().nullable(),
          key: z.object({ name: z.string() }).nullable(),
          refusal: refusal.nullable(),
          isKnocking: z.boolean(),
        })
        .nullable(),
    }),
  ),
  apiKeys: z.array(
    z.object({
      name: z.string(),
      lastRefusal: z
        .object({
          reason: z.string(),
          address: z.string().nullable(),
          executor: z.object({ name: z.string() }).nullable(),
        })
        .nullable(),
    }),
  ),
});

const REFUSAL = "key { name } reason message address at";

async function look({ manage }: TestServer) {
  const answer = await manage(`{
    executors(organization: "acme") { name status lastRefusal { ${REFUSAL} }
      offlineReason { cause at key { name } refusal { ${REFUSAL} } isKnocking } }
    apiKeys(organization: "acme") { name lastRefusal { reason address executor { name } } } }`);
  const { executors, apiKeys } = seen.parse(answer.data);
  return {
    executor: (name: string) => executors.find((each) => each.name === name),
    key: (name: string) => apiKeys.find((each) => each.name === name),
  };
}

/** Waits until what was noted is stored. */
function executorWhen(server: TestServer, cause: string, name = "agent-1") {
  return eventually(
    async () => {
      const found = (await look(server)).executor(name);
      return found?.offlineReason?.cause === cause ? found : undefined;
    },
    { describe: `${name} is offline because: ${cause}` },
  );
}

function signOff({ post }: TestServer, secret: string) {
  const { name: executorName, instanceId } = SYNC_INPUT;
  return post(secret, SIGN_OFF_EXECUTOR, { input: { executorName, instanceId } });
}

describe("why an executor is offline", () => {
  it("is nothing while it is online", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    expect((await look(server)).executor("agent-1")).toMatchObject({ status: "online", offlineReason: null });
  });

  it("is its revoked key, and that is known before the silence is", async () => {
    const server = await serverWithOrganization();
    const { secret, id } = await server.createKey();
    await server.sync(secret);
    await server.revokeKey(id);
    expect((await look(server)).executor("agent-1")).toMatchObject({
      status: "online",
      offlineReason: { cause: "key_revoked", key: { name: "prod" }, refusal: null, isKnocking: false },
    });
    await server.post(secret, "{ __typename }", {}, { "x-forwarded-for": "203.0.113.8" });
    const knocking = await eventually(
      async () => {
        const found = (await look(server)).executor("agent-1");
        return found?.offlineReason?.refusal == null ? undefined : found;
      },
      { describe: "the refusal is stored" },
    );
    expect(knocking.offlineReason).toMatchObject({
      isKnocking: true,
      refusal: { reason: "revoked", address: "203.0.113.8", key: { name: "prod" } },
    });
    expect(knocking.lastRefusal).toEqual(knocking.offlineReason?.refusal);
    server.clock.offsetMs = 200_000;
    expect((await look(server)).executor("agent-1")).toMatchObject({
      status: "offline",
      offlineReason: { cause: "key_revoked", isKnocking: false, refusal: { reason: "revoked" } },
    });
  });

  it("is its expired key, or the key that was deleted", async () => {
    const server = await serverWithOrganization();
    const expiresAt = server.clock.now() + 5000;
    const short = await server.createKey({ name: "short", expiresAt });
    await server.sync(short.secret);
    server.clock.offsetMs = 31_000;
    expect((await executorWhen(server, "key_expired")).offlineReason).toMatchObject({ at: expiresAt });
    await server.revokeKey(short.id);
    await executorWhen(server, "key_revoked");
    await server.deleteKey(short.id);
    expect((await executorWhen(server, "key_deleted")).offlineReason).toMatchObject({
      at: null,
      key: { name: "short" },
    });
  });

  it("is the stop of its agent, also after the control plane was started again", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    await signOff(server, secret);
    await executorWhen(server, "stopped");
    await server.close();
    const again = await startServer({}, server.directory);
    const stopped = await executorWhen(again, "stopped");
    expect(stopped.status).toBe("offline");
    await again.sync(secret);
    expect((await look(again)).executor("agent-1")).toMatchObject({ status: "online", offlineReason: null });
    again.clock.offsetMs = 31_000;
    await executorWhen(again, "silent");
  });

  it("is the refusal, if its host asks with a key that is not for it", async () => {
    const server = await serverWithOrganization();
    const one = await server.createKey({ name: "one" });
    const two = await server.createKey({ name: "two" });
    await server.sync(one.secret, { name: "agent-1" });
    await server.sync(two.secret, { name: "agent-2" });
    server.clock.offsetMs = 31_000;
    await server.sync(two.secret, { name: "agent-1" });
    const refused = await executorWhen(server, "refused");
    expect(refused.offlineReason).toMatchObject({
      key: { name: "two" },
      isKnocking: true,
      refusal: { reason: "key_held_by_other_executor" },
    });
    // The key's own executor was not refused.
    await executorWhen(server, "silent", "agent-2");
    expect((await look(server)).key("two")?.lastRefusal).toMatchObject({
      reason: "key_held_by_other_executor",
      executor: { name: "agent-1" },
    });
  });

  it("is silence otherwise, since the last sync", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    server.clock.offsetMs = 31_000;
    const { offlineReason } = await executorWhen(server, "silent");
    expect(offlineReason).toMatchObject({ key: { name: "prod" }, refusal: null, isKnocking: false });
    expect(server.clock.now() - (offlineReason?.at ?? 0)).toBeGreaterThanOrEqual(31_000);
  });
});

describe("what refusals write", () => {
  const rows = ({ databasePath }: TestServer) => {
    using database = new DatabaseSync(databasePath, { readOnly: true });
    return database.prepare("select keyId, reason, executorId, address from keyRefusal").all();
  };

  it("is one row for each key that exists, and nothing for one that was invented", async () => {
    const server = await serverWithOrganization();
    const { secret, id } = await server.createKey();
    await server.sync(secret, { name: "agent-1" });
    await server.revokeKey(id);
    for (let n = 0; n < 20; n += 1) {
      await server.sync(secret, { name: `invented-${n}` });
      await server.sync(makeKey(), { name: "agent-1" });
      await server.post("exc_short", "{ __typename }");
    }
    await server.close();
    expect(rows(server)).toEqual([{ keyId: id, reason: "revoked", executorId: null, address: "127.0.0.1" }]);
  });

  it("has no name that was only claimed", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey({ name: "first" });
    await server.sync(first.secret, { name: "agent-1" });
    const bound = await server.createKey({ name: "bound", target: "agent-1" });
    await server.sync(bound.secret, { name: "claimed-name" });
    const other = await server.createOrganization("other");
    await server.sync(first.secret, { name: "agent-1", expectedOrganizationId: other });
    await server.close();
    expect(rows(server)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ keyId: bound.id, reason: "key_targets_other_executor", executorId: null }),
        expect.objectContaining({ keyId: first.id, reason: "wrong_organization", executorId: null }),
      ]),
    );
    using database = new DatabaseSync(server.databasePath, { readOnly: true });
    const text = JSON.stringify(database.prepare("select name, lastRefusal from executor").all());
    expect(text).not.toContain("claimed-name");
  });

  it("goes with the key, and a key that was deleted gets none", async () => {
    const server = await serverWithOrganization();
    const { secret, id } = await server.createKey();
    await server.revokeKey(id);
    await server.sync(secret);
    await eventually(() => rows(server).length === 1, { describe: "the refusal is stored" });
    await server.sync(secret);
    await server.deleteKey(id);
    await server.sync(secret);
    await server.close();
    expect(rows(server)).toEqual([]);
  });
});
