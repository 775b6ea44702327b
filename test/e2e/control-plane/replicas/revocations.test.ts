import { describe, expect, it } from "vitest";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { startReplicas } from "../../../support/control-plane/replicas.ts";
import { lacksNginx } from "../../../support/nginx.ts";

/** `npm run test:long` sets it. */
const REVOCATIONS = Number(process.env["NOVACULA_REVOCATIONS"] ?? 25);

describe.skipIf(lacksPostgres() || lacksNginx)("a revocation that one of two control planes", () => {
  it("has acknowledged holds at the other from the next request on", {
    timeout: 60_000 + REVOCATIONS * 2000,
  }, async () => {
    const { planes } = await startReplicas();
    await planes[0].createKey();
    for (let trial = 0; trial < REVOCATIONS; trial += 1) {
      const [one, other] = trial % 2 === 0 ? planes : ([planes[1], planes[0]] as const);
      const name = `agent-${trial % 2}`;
      const key = await one.createKey({ name: `trial ${trial}` });
      const syncs = createExecutorSyncs(other.url, key.secret, name);
      expect((await syncs.one()).status, "remembered by the other").toBe(200);
      await one.revokeKey(key.id);
      expect((await syncs.one()).status, `trial ${trial}`).toBe(401);
    }
  });
});
