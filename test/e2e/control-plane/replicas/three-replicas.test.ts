import { describe, expect, it } from "vitest";
import { moreSyncs } from "../../../support/agent/rotation-scene.ts";
import type { TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { startReplicas } from "../../../support/control-plane/replicas.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacksNginx } from "../../../support/nginx.ts";

/** `npm run test:long` sets it, and asks for duplicates, too: that two are told apart takes long. */
const REVOCATIONS = Number(process.env["NOVACULA_THREE_REPLICAS"] ?? 3);
const isLong = process.env["NOVACULA_THREE_REPLICAS"] !== undefined;

function logged(planes: readonly TestControlPlane[], event: string): readonly number[] {
  return planes.map(({ lines }) => lines.filter((line) => line.includes(`"event":"${event}"`)).length);
}

const total = (counts: readonly number[]) => counts.reduce((one, other) => one + other);

describe.skipIf(lacksPostgres() || lacksNginx)("three control planes on one database", () => {
  it("hear an executor in turn, tell once that it came and went, and know a revocation at once", {
    timeout: 120_000 + REVOCATIONS * 10_000,
  }, async () => {
    const { fleet, planes, balancer } = await startReplicas({}, 1);
    const host = await fleet.online(await planes[0].createKey(), { url: balancer });
    await moreSyncs(host, 9);
    const shown = await Promise.all(planes.map((plane) => plane.executors()));
    expect(shown.flat().map(({ status }) => status)).toEqual(["online", "online", "online"]);

    for (let trial = 0; trial < REVOCATIONS; trial += 1) {
      const one = planes[trial % 3] ?? planes[0];
      const key = await one.createKey({ name: `trial ${trial}` });
      const others = planes
        .filter((plane) => plane !== one)
        .map(({ url }) => createExecutorSyncs(url, key.secret, `trial-${trial % 2}`));
      for (const syncs of others) {
        expect((await syncs.one()).status, "remembered by the others").toBe(200);
      }
      await one.revokeKey(key.id);
      for (const syncs of others) {
        expect((await syncs.one()).status, `trial ${trial}`).toBe(401);
      }
    }

    const cameAndWent = ["executor.connected", "executor.disconnected"] as const;
    const ofAgent = () =>
      cameAndWent.map((event) =>
        total(
          planes.map(
            ({ lines }) =>
              lines.filter((line) => line.includes(`"${event}"`) && line.includes("agent-1")).length,
          ),
        ),
      );
    expect(ofAgent()).toEqual([1, 0]);
    host.agent.signal("SIGKILL");
    await eventually(() => ofAgent()[1] === 1, { timeoutMs: 60_000, describe: "its silence is told" });
    await eventually(
      async () =>
        (await Promise.all(planes.map((plane) => plane.executors())))
          .flat()
          .filter(({ name }) => name === "agent-1")
          .every(({ status }) => status === "offline"),
      { timeoutMs: 60_000, describe: "it is offline at all" },
    );
    expect(ofAgent()).toEqual([1, 1]);
    expect(planes.flatMap((plane) => plane.refusedSyncs()).filter(isOfAgent)).toEqual([]);
  });

  if (isLong) {
    it("name two processes of one executor of which each syncs with another of them", {
      timeout: 240_000,
    }, async () => {
      const { fleet, planes } = await startReplicas({ HEARTBEAT_TIMEOUT_MS: "15000" }, 1);
      const key = await planes[0].createKey();
      for (const plane of [planes[0], planes[2] ?? planes[1]]) {
        await fleet.online(key, { url: plane.url });
      }
      await eventually(() => String(logged(planes, "executor.duplicate")) === "1,0,1", {
        timeoutMs: 120_000,
        describe: "both that hear one of them say so, once",
      });
    });
  }
});

function isOfAgent(refusal: unknown): boolean {
  return JSON.stringify(refusal).includes("agent-1");
}
