import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFleet } from "../../../support/agent/rotation-scene.ts";
import { noteKey } from "../../../support/canary.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres, postgresServer } from "../../../support/control-plane/postgres.ts";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** The real programs, with a PostgreSQL database that the test can take away. */
async function scene() {
  const { password } = await postgresServer();
  noteKey(password);
  const database = await databaseOf(postgresEngine);
  const socketPath = join(tempDir(), "m.sock");
  const fleet = await startFleet({
    socketPath,
    env: {
      DATABASE_URL: database.url,
      BETTER_AUTH_URL: "http://127.0.0.1:3000",
      BETTER_AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    },
  });
  onTestFinished(() => fleet[Symbol.asyncDispose]());
  const { plane } = fleet;
  const probe = async (path: string) => {
    const { statusCode, body } = await request(`${plane.url}${path}`);
    return { status: statusCode, text: await body.text() };
  };
  return { fleet, plane, database, password, probe };
}

function loggedIn(lines: readonly string[], event: string): boolean {
  return lines.some((line) => line.includes(`"event":"${event}"`));
}

describe.skipIf(lacksPostgres())("a control plane with PostgreSQL", () => {
  it("rotates a key, and refuses a revoked one from the next request on", async () => {
    const { fleet, plane } = await scene();
    const first = await plane.createKey();
    const host = await fleet.online(first);
    const second = await plane.rotateKey(first.id, Date.now() + 60_000);
    host.useKey(second.secret);
    await host.agent.waitForLine("key.rotated", /^/);
    const syncs = createExecutorSyncs(plane.url, first.secret);
    await plane.revokeKey(first.id);
    expect((await syncs.one()).status).toBe(401);
    await eventually(
      async () => {
        const [executor] = await plane.executors();
        return (
          executor?.status === "online" && executor.key?.id === second.id && executor.keyHistory.length === 2
        );
      },
      { describe: "the executor is online with the new key, and has both in its history" },
    );
  });

  it.each(postgresEngine.outages.filter(({ stopsReads }) => stopsReads))(
    "answers 503 while $name, and goes on by itself",
    async (outage) => {
      const { fleet, plane, database, password, probe } = await scene();
      const key = await plane.createKey();
      const host = await fleet.online(key);
      const syncs = createExecutorSyncs(plane.url, key.secret);
      expect(await probe("/readyz")).toMatchObject({ status: 200 });
      const end = await outage.begin(database, []);
      expect((await syncs.one()).status).toBe(503);
      await eventually(() => loggedIn(plane.lines, "database.lost"), {
        timeoutMs: 30_000,
        describe: "the log says what is wrong",
      });
      expect(await probe("/readyz")).toMatchObject({ status: 503, text: expect.stringMatching(/database/) });
      expect(await probe("/livez")).toMatchObject({ status: 200 });
      await end();
      await eventually(async () => (await syncs.one()).status === 200, {
        timeoutMs: 30_000,
        describe: "syncs are answered again",
      });
      expect(await probe("/readyz")).toMatchObject({ status: 200 });
      await eventually(() => loggedIn(plane.lines, "database.back"), { describe: "the log says so" });
      await host.agent.waitForLine("control-plane.recovered", /^/, 60_000);
      const argumentsOfIt = readFileSync(`/proc/${plane.pid}/cmdline`, "latin1");
      expect(plane.lines.join("\n") + argumentsOfIt).not.toContain(password);
    },
    150_000,
  );
});
