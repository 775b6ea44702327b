import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startFleet } from "../../../support/agent/rotation-scene.ts";
import { noteKey } from "../../../support/canary.ts";
import { createExecutorSyncs } from "../../../support/control-plane/executor-syncs.ts";
import { lacksPostgres, postgresServer } from "../../../support/control-plane/postgres.ts";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const ORIGIN = "http://127.0.0.1:3000";

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
      BETTER_AUTH_URL: ORIGIN,
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

  it("lets the first person in by a link, in by the password, and out again", async () => {
    const { plane } = await scene();
    const shown = z.object({ url: z.string() }).parse(await plane.management("setup-link"));
    const token = new URL(shown.url).hash.slice(1);
    const post = async (path: string, body: unknown, cookie = "") => {
      const headers = { "content-type": "application/json", origin: ORIGIN, cookie };
      const text = JSON.stringify(body);
      const answer = await request(`${plane.url}/api/auth${path}`, { method: "POST", headers, body: text });
      const cookies = [answer.headers["set-cookie"] ?? []].flat().map((each) => each.split(";", 1)[0]);
      return { status: answer.statusCode, cookie: cookies.join("; "), text: await answer.body.text() };
    };
    const olga = { email: "olga@example.com", password: "correct horse battery" };
    expect(await post("/one-time-link/set-up", { token, name: "Olga", ...olga })).toMatchObject({
      status: 200,
    });
    expect(await post("/one-time-link/set-up", { token, name: "Eve", ...olga })).toMatchObject({
      status: 400,
      text: expect.stringContaining("CONFLICT"),
    });
    expect(await post("/sign-in/email", { ...olga, password: "wrong horse battery" })).toMatchObject({
      status: 401,
    });
    const { status, cookie } = await post("/sign-in/email", olga);
    expect(status).toBe(200);
    const session = async () => {
      const { body } = await request(`${plane.url}/api/auth/get-session`, {
        headers: { origin: ORIGIN, cookie },
      });
      return body.text();
    };
    expect(await session()).toContain(olga.email);
    expect(await post("/sign-out", {}, cookie)).toMatchObject({ status: 200 });
    expect(await session()).toBe("null");
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
      // Each connection comes back by itself: that of the heartbeats up to half a second later.
      await eventually(async () => (await probe("/readyz")).status === 200, { describe: "it is ready" });
      await eventually(() => loggedIn(plane.lines, "database.back"), { describe: "the log says so" });
      await host.agent.waitForLine("control-plane.recovered", /^/, 60_000);
      const argumentsOfIt = readFileSync(`/proc/${plane.pid}/cmdline`, "latin1");
      expect(plane.lines.join("\n") + argumentsOfIt).not.toContain(password);
    },
    150_000,
  );

  it("stops before systemd kills it while the database is silent, and says what was not written", async () => {
    const { fleet, plane, database, probe } = await scene();
    const key = await plane.createKey();
    await fleet.online(key);
    const [silence] = postgresEngine.outages.filter(({ name }) => name === "it is silent");
    const end = await silence?.begin(database, []);
    // Statements are on the way when it stops: of a sync, of a heartbeat and of a probe.
    const asked = [createExecutorSyncs(plane.url, key.secret).one(), probe("/readyz")];
    await eventually(() => loggedIn(plane.lines, "database.lost"), {
      timeoutMs: 30_000,
      describe: "the log says what is wrong",
    });
    // A statement of the writer may take 31 s; TimeoutStopSec= is 15 s.
    expect(await plane.stop()).toBe(1);
    expect(plane.lines.at(-1)).toContain(
      "the latest key uses and heartbeats could not be written: the database did not answer within 6 s",
    );
    await Promise.allSettled(asked);
    await end?.();
  });
});
