import { describe, expect, it } from "vitest";
import { ReplicaChaos } from "../../../support/chaos/replicas/replica-chaos.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { lacksNginx } from "../../../support/nginx.ts";

/** Long in `npm run test:long`. */
const SECONDS = Number(process.env["NOVACULA_REPLICA_CHAOS_SECONDS"] ?? 40);
const SEED = Number(process.env["NOVACULA_SEED"] ?? 1);

describe.skipIf(lacksPostgres() || lacksNginx)(
  "two control planes on one database, of which anything is killed",
  () => {
    it(`accept no ended key, lose nothing acknowledged, and call no executor offline that syncs: seed ${SEED}`, {
      timeout: 600_000 + SECONDS * 3000,
    }, async () => {
      const chaos = await ReplicaChaos.start(SEED);
      const start = performance.now();
      while (performance.now() - start < SECONDS * 1000) {
        await chaos.step();
      }
      await chaos.calm();
      const { tally } = chaos;
      process.stdout.write(`seed ${SEED}: ${JSON.stringify(tally)}\n`);
      expect(Math.min(tally.steps, tally.ended, tally.probes, tally.accepted)).toBeGreaterThan(0);
    });
  },
);
