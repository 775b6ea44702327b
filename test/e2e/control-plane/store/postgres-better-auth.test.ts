import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { organization } from "better-auth/plugins";
import { Pool } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { keyHash } from "../../../../src/control-plane/keys/authenticate.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { ACME, newKey } from "../../../support/control-plane/store/new-records.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { makeKey } from "../../../support/keys.ts";

/** better-auth with its own plugins, as a web application would have it, on our database. */
async function betterAuthBeside() {
  const database = await databaseOf(postgresEngine);
  const store = await database.open();
  const pool = new Pool({ connectionString: database.url });
  onTestFinished(() => pool.end());
  const auth = betterAuth({
    database: pool,
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
  return { store, auth };
}

it.skipIf(lacksPostgres())("finds better-auth's tables in PostgreSQL complete", async () => {
  const { auth } = await betterAuthBeside();
  const migrations = await getMigrations(auth.options);
  expect(migrations.toBeCreated).toEqual([]);
  expect(migrations.toBeAdded).toEqual([]);
});

it.skipIf(lacksPostgres())(
  "issues keys in PostgreSQL that the official plugin accepts until they are revoked",
  async () => {
    const { store, auth } = await betterAuthBeside();
    const secret = makeKey();
    await store.transaction(async ({ organizations, keys }) => {
      await organizations.insert(ACME);
      await keys.insert(newKey("k", { hash: keyHash(secret) }));
    });
    const verify = (key: string) => auth.api.verifyApiKey({ body: { key, configId: "executor" } });
    expect(await verify(secret)).toMatchObject({ valid: true, key: { id: "k" } });
    await store.transaction(({ keys }) => keys.revoke("k", 5));
    expect(await verify(secret)).toMatchObject({ valid: false, error: { code: "KEY_DISABLED" } });
  },
);
