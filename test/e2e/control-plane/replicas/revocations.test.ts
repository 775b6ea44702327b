import { Client } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { noteKey } from "../../../support/canary.ts";
import type { TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { type Answer, sendRaw } from "../../../support/control-plane/control-plane-server.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { startReplicas } from "../../../support/control-plane/replicas.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacksNginx } from "../../../support/nginx.ts";

/** `npm run test:long` sets it. */
const REVOCATIONS = Number(process.env["NOVACULA_REVOCATIONS"] ?? 25);
/** At the same time, so that reads are shared and transactions meet. */
const LANES = 5;

const CREATE = `mutation($name: String!) {
  createApiKey(input: { organization: "acme", name: $name }) { apiKey { id } secret } }`;
const REVOKE = "mutation($id: ID!) { revokeApiKey(id: $id) { id } }";
const created = z.object({
  createApiKey: z.object({ apiKey: z.object({ id: z.string() }), secret: z.string() }),
});

type Manage = (query: string, variables: unknown) => Promise<Answer>;

/** Without the command line, which takes longer than all the rest. */
function managementOf({ socketPath }: TestControlPlane): Manage {
  const client = new Client("http://localhost", { socketPath });
  onTestFinished(() => client.close());
  const headers = { "content-type": "application/json" };
  return (query, variables) => sendRaw(client, headers, JSON.stringify({ query, variables }));
}

/** A busy machine may stop the database for some seconds, which is no answer about a key. */
const PATIENCE_MS = 120_000;

async function statusOf(syncs: ReturnType<typeof createExecutorSyncs>): Promise<number> {
  const answer = async () => {
    const { status } = await syncs.one();
    return status !== 503 && { status };
  };
  return (await eventually(answer, { timeoutMs: PATIENCE_MS, describe: "a sync is answered" })).status;
}

/** Until it is acknowledged. */
async function revoke(manage: Manage, id: string): Promise<void> {
  await eventually(
    async () => {
      const { code, message } = await manage(REVOKE, { id });
      return code === undefined || message?.includes("is already revoked");
    },
    { timeoutMs: PATIENCE_MS, describe: "the revocation is acknowledged" },
  );
}

async function createKey(manage: Manage, name: string) {
  const { data } = await eventually(
    async () => {
      const answer = await manage(CREATE, { name });
      return answer.code === undefined && answer;
    },
    { timeoutMs: PATIENCE_MS, describe: "the key is created" },
  );
  const { apiKey, secret } = created.parse(data).createApiKey;
  noteKey(secret);
  return { id: apiKey.id, secret };
}

describe.skipIf(lacksPostgres() || lacksNginx)("a revocation that one of two control planes", () => {
  it("has acknowledged holds at the other from the next request on", {
    timeout: 60_000 + REVOCATIONS * 4000,
  }, async () => {
    const { planes } = await startReplicas();
    await planes[0].createOrganization("acme");
    const places = planes.map((plane) => ({ url: plane.url, manage: managementOf(plane) }));
    let done = 0;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let trial = lane; trial < REVOCATIONS; trial += LANES) {
        const [one, other] = trial % 2 === 0 ? places : places.toReversed();
        if (one === undefined || other === undefined) {
          throw new Error("there are two control planes");
        }
        const key = await createKey(one.manage, `trial ${trial}`);
        const syncs = createExecutorSyncs(other.url, key.secret, `agent-${lane}`);
        expect(await statusOf(syncs), "remembered by the other").toBe(200);
        await revoke(one.manage, key.id);
        expect(await statusOf(syncs), `trial ${trial}`).toBe(401);
        done += 1;
      }
    });
    await Promise.all(lanes);
    expect(done).toBe(REVOCATIONS);
  });
});
