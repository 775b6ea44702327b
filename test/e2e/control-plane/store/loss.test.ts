import { Agent, Client, request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { randomKey } from "../../../../src/control-plane/keys/random-key.ts";
import { SYNC_EXECUTOR } from "../../../../src/protocol/operations.ts";
import { noteKey } from "../../../support/canary.ts";
import { startControlPlane, type TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { SYNC_INPUT } from "../../../support/control-plane/control-plane-server.ts";
import { isOnPostgres, sqlIn } from "../../../support/control-plane/test-database.ts";
import { eventually } from "../../../support/eventually.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

const CLIENTS = 50;
const LEAST_CHANGES = 300;
const CHECK = 'query { currentKey(input: { executorName: "nobody-yet" }) { key { id } } }';

interface IssuedKey {
  readonly id: string;
  readonly secret: string;
}

/** What the control plane was asked, and what it acknowledged before it was killed. */
class Record {
  readonly issued: IssuedKey[] = [];
  readonly revoked: IssuedKey[] = [];
  readonly acknowledged: { readonly action: string; readonly targetId: string }[] = [];
  /** Syncs that were accepted although the revocation had been acknowledged before. */
  readonly wronglyAccepted: string[] = [];
}

const answer = z.object({
  data: z
    .object({
      issued: z.object({ apiKey: z.object({ id: z.string() }), secret: z.string() }).optional(),
      revoked: z.object({ id: z.string() }).optional(),
    })
    .nullish(),
});

/**
 * One client: creates, syncs, rotates, syncs, revokes and syncs again until the control plane is
 * gone.
 */
async function live(
  n: number,
  controlPlane: TestControlPlane,
  record: Record,
  network: Agent,
): Promise<void> {
  const management = new Client("http://localhost", { socketPath: controlPlane.socketPath });
  onTestFinished(() => management.destroy());
  const manage = async (query: string, variables: object) => {
    const body = JSON.stringify({ query, variables });
    const headers = { "content-type": "application/json" };
    const response = await management.request({ path: "/graphql", method: "POST", headers, body });
    return answer.parse(await response.body.json()).data;
  };
  const issue = async (query: string, variables: object): Promise<IssuedKey> => {
    const issued = (await manage(query, variables))?.issued;
    if (issued === undefined) {
      throw new Error("was not issued");
    }
    const key = { id: issued.apiKey.id, secret: issued.secret };
    noteKey(key.secret);
    record.issued.push(key);
    record.acknowledged.push({ action: "api_key.created", targetId: key.id });
    return key;
  };
  const revoked = (key: IssuedKey) => {
    record.revoked.push(key);
    record.acknowledged.push({ action: "api_key.revoked", targetId: key.id });
  };
  const sync = (secret: string) => statusOf(controlPlane.url, network, secret, `agent-${n}`);

  for (let round = 0; ; round += 1) {
    const input = { organization: "acme", name: `client ${n} ${round}` };
    const first = await issue(
      "mutation($input: CreateApiKeyInput!) { issued: createApiKey(input: $input) { apiKey { id } secret } }",
      { input },
    );
    expect(await sync(first.secret)).toBe(200);
    const second = await issue(
      "mutation($id: ID!) { issued: rotateApiKey(id: $id) { apiKey { id } secret } }",
      { id: first.id },
    );
    revoked(first);
    if ((await sync(first.secret)) !== 401) {
      record.wronglyAccepted.push(first.id);
    }
    expect(await sync(second.secret)).toBe(200);
    if (round % 2 === 0) {
      continue;
    }
    await manage("mutation($id: ID!) { revoked: revokeApiKey(id: $id) { id } }", { id: second.id });
    revoked(second);
    if ((await sync(second.secret)) !== 401) {
      record.wronglyAccepted.push(second.id);
    }
  }
}

async function statusOf(url: string, dispatcher: Agent, secret: string, name: string): Promise<number> {
  const body = JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: { ...SYNC_INPUT, name } } });
  return post(url, dispatcher, secret, body);
}

async function post(url: string, dispatcher: Agent, secret: string, body: string): Promise<number> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
  const response = await request(`${url}/graphql`, { method: "POST", headers, body, dispatcher });
  await response.body.dump();
  return response.statusCode;
}

it("survives kill -9 under load: everything acknowledged is kept and audited", {
  timeout: 120_000,
}, async () => {
  const directory = temporaryDirectory();
  onTestFinished(directory.remove);
  const network = new Agent({ connections: CLIENTS });
  onTestFinished(() => network.destroy());
  const controlPlane = await startControlPlane({ directory: directory.path, env: { LOG_LEVEL: "info" } });
  onTestFinished(() => controlPlane.kill());
  await controlPlane.createOrganization("acme");

  const record = new Record();
  const clients = Array.from({ length: CLIENTS }, (_, n) => live(n, controlPlane, record, network));
  const ended = Promise.allSettled(clients);
  await eventually(() => record.acknowledged.length >= LEAST_CHANGES, {
    timeoutMs: 60_000,
    describe: `${LEAST_CHANGES} changes`,
  });
  await controlPlane.kill();
  for (const end of await ended) {
    // Every client must end because the connection broke, for no other reason.
    expect(end).toMatchObject({
      status: "rejected",
      reason: { code: expect.stringMatching(/ECONN|EPIPE|UND_ERR_SOCKET|ENOENT/) },
    });
  }

  const sql = (text: string) => sqlIn(controlPlane.directory, text);
  if (!isOnPostgres()) {
    expect(await sql("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
  }
  const rows = z.array(z.object({ action: z.string(), targetId: z.string() }));
  const audited = rows.parse(await sql(`select "action", "targetId" from "auditEvent"`));
  const enabled = z
    .array(z.object({ id: z.string() }))
    .parse(await sql(`select "id" from "apikey" where "enabled" = ${isOnPostgres() ? "true" : "1"}`));
  const auditedSet = new Set(audited.map(({ action, targetId }) => `${action} ${targetId}`));
  const unaudited = record.acknowledged.filter(
    ({ action, targetId }) => !auditedSet.has(`${action} ${targetId}`),
  );
  expect(unaudited).toEqual([]);
  // The reverse: every key has its audit event, and no enabled key has one that says revoked.
  expect(
    enabled.filter(
      ({ id }) => !auditedSet.has(`api_key.created ${id}`) || auditedSet.has(`api_key.revoked ${id}`),
    ),
  ).toEqual([]);
  expect(record.wronglyAccepted).toEqual([]);

  const again = await startControlPlane({ directory: directory.path, env: { LOG_LEVEL: "info" } });
  onTestFinished(() => again.kill());
  const status = (secret: string) => post(again.url, network, secret, JSON.stringify({ query: CHECK }));
  expect(record.revoked.length).toBeGreaterThan(50);
  for (const { secret } of record.revoked) {
    expect(await status(secret)).toBe(401);
  }
  const revoked = new Set(record.revoked.map(({ id }) => id));
  // Unless an unacknowledged revocation was in progress when the process died.
  const alive = record.issued.filter(
    ({ id }) => !revoked.has(id) && !auditedSet.has(`api_key.revoked ${id}`),
  );
  expect(alive.length).toBeGreaterThan(0);
  for (const { secret } of alive) {
    expect(await status(secret)).toBe(200);
  }
  for (let n = 0; n < 20; n += 1) {
    expect(await status(randomKey())).toBe(401);
  }
});
