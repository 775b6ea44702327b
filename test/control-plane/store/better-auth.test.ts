import { DatabaseSync } from "node:sqlite";
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { organization } from "better-auth/plugins";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startServer, type TestServer } from "../../support/control-plane/control-plane-server.ts";

const CURRENT_KEY = 'query { currentKey(input: { executorName: "agent-1" }) { key { id name } } }';

/** better-auth with its own organization and API-key plugins, as a web application would have it, on our database. */
async function betterAuthOn({ databasePath }: TestServer) {
  const database = new DatabaseSync(databasePath);
  onTestFinished(() => database.close());
  const auth = betterAuth({
    database,
    secret: "a secret that only this test ever has, 0123456789",
    baseURL: "http://localhost:3000",
    logger: { disabled: true },
    plugins: [
      organization(),
      apiKey([
        {
          configId: "executor",
          references: "organization",
          defaultPrefix: "exc_",
          requireName: true,
          rateLimit: { enabled: false },
          keyExpiration: { defaultExpiresIn: null, minExpiresIn: 1, maxExpiresIn: 3650 },
        },
      ]),
    ],
  });
  const migrations = await getMigrations(auth.options);
  return { database, auth, migrations };
}

async function owner({ auth }: Awaited<ReturnType<typeof betterAuthOn>>): Promise<string> {
  const { adapter } = await auth.$context;
  const now = new Date();
  const data = {
    name: "Olga",
    email: "olga@example.com",
    emailVerified: true,
    createdAt: now,
    updatedAt: now,
  };
  return z.object({ id: z.string() }).parse(await adapter.create({ model: "user", data })).id;
}

it("finds better-auth's own tables complete: its migration has nothing to do to them", async () => {
  const server = await startServer();
  const { migrations } = await betterAuthOn(server);
  const ours = ["apikey", "organization"];
  expect(migrations.toBeCreated.map(({ table }) => table).filter((table) => ours.includes(table))).toEqual(
    [],
  );
  expect(migrations.toBeAdded.map(({ table }) => table)).toEqual([]);
});

it("issues keys that the official plugin accepts while they are active", async () => {
  const server = await startServer();
  await server.createOrganization("acme");
  const key = await server.createKey({ expiresAt: Date.now() + 60_000 });
  const revoked = await server.createKey();
  await server.revokeKey(revoked.id);
  const { auth, migrations } = await betterAuthOn(server);
  await migrations.runMigrations();
  const verify = (secret: string) => auth.api.verifyApiKey({ body: { key: secret, configId: "executor" } });
  expect(await verify(key.secret)).toMatchObject({
    valid: true,
    key: { id: key.id, name: "prod", start: key.secret.slice(0, 6) },
  });
  expect(await verify(revoked.secret)).toMatchObject({ valid: false, error: { code: "KEY_DISABLED" } });
});

it("accepts keys that the official plugin issued, and can rotate and revoke them", async () => {
  const server = await startServer();
  const betterAuthHere = await betterAuthOn(server);
  await betterAuthHere.migrations.runMigrations();
  const userId = await owner(betterAuthHere);
  const { api } = betterAuthHere.auth;
  const created = await api.createOrganization({ body: { name: "Acme", slug: "acme", userId } });
  const organizationId = z.object({ id: z.string() }).parse(created).id;
  const made = await api.createApiKey({
    body: { configId: "executor", organizationId, userId, name: "theirs", expiresIn: 864_000 },
  });
  expect((await server.post(made.key, CURRENT_KEY)).data).toEqual({
    currentKey: { key: { id: made.id, name: "theirs" } },
  });
  const next = await server.rotateKey(made.id, Date.now() + 60_000);
  expect(next.expiresAt).toBe(made.expiresAt?.getTime());
  expect((await server.sync(made.key)).status).toBe(200);
  expect((await server.sync(next.secret)).status).toBe(200);
  await server.revokeKey(made.id);
  expect(await server.post(made.key, CURRENT_KEY)).toMatchObject({ status: 401, reason: "revoked" });
});

it("does not take another kind of better-auth key for an executor's", async () => {
  const server = await startServer();
  await server.createOrganization("acme");
  const key = await server.createKey();
  const { database } = await betterAuthOn(server);
  database.prepare("update apikey set configId = 'personal' where id = ?").run(key.id);
  expect(await server.post(key.secret, CURRENT_KEY)).toMatchObject({ status: 401, reason: "unknown" });
});
