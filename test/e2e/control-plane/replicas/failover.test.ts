import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { startPostgresPair } from "../../../support/control-plane/postgres-pair.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

async function warningOf(url: string): Promise<unknown> {
  const { statusCode, body } = await request(`${url}/readyz`);
  const answer = Object(await body.json());
  expect(statusCode).toBe(200);
  return answer.warning;
}

describe.skipIf(lacksPostgres())("a database with a standby", () => {
  it("is said to be able to lose a revocation, until the standby is synchronous; then a failover loses nothing", {
    timeout: 180_000,
  }, async () => {
    const pair = await startPostgresPair();
    const plane = await startControlPlane({
      socketPath: join(tempDir(), "m.sock"),
      env: { DATABASE_URL: pair.url },
    });
    const lines = () => plane.lines.filter((line) => line.includes('"event":"database.failover-risk"'));
    try {
      expect(await warningOf(plane.url)).toMatch(/^a failover can undo a revocation/u);
      expect(lines()).toEqual([expect.stringContaining("synchronous_standby_names = 'ANY 1 (*)'")]);
      await pair.setSynchronous(true);
      await eventually(() => lines().length === 2, { timeoutMs: 90_000, describe: "the risk is over" });
      expect(await warningOf(plane.url)).toBeUndefined();

      const kept = await plane.createKey({ name: "kept" });
      const revoked = await plane.createKey({ name: "revoked" });
      const syncs = createExecutorSyncs(plane.url, revoked.secret, "agent-2");
      expect((await syncs.one()).status).toBe(200);
      await plane.revokeKey(revoked.id);
      await pair.failOver();
      await eventually(async () => (await createExecutorSyncs(plane.url, kept.secret).one()).status === 200, {
        timeoutMs: 60_000,
        describe: "the control plane goes on with the standby",
      });
      expect((await syncs.one()).status).toBe(401);
    } finally {
      await plane.kill();
    }
  });
});
