import { request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startControlPlane, type TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";
import { eventually } from "../../../support/eventually.ts";

const DRAIN_SECONDS = 3;
const health = z.object({ status: z.string(), reason: z.string().optional() });

async function ask(plane: TestControlPlane, path: string) {
  const { statusCode, headers, body } = await request(`${plane.url}${path}`);
  const { status, reason } = health.parse(await body.json());
  return { code: statusCode, connection: headers["connection"], status, reason };
}

it("while it drains, it is alive, not ready, and refuses nobody", async () => {
  const plane = await startControlPlane({ env: { DRAIN_SECONDS: String(DRAIN_SECONDS) } });
  onTestFinished(() => plane.kill());
  const { secret } = await plane.createKey();
  await using client = testClient(plane.url, { secret });
  const sync = async () => (await client.sync(SYNC_REQUEST, NEVER))?.kind;
  expect(await sync()).toBe("accepted");
  expect(await ask(plane, "/readyz")).toMatchObject({ code: 200, connection: "keep-alive", status: "ok" });

  const stoppedAt = performance.now();
  const stopped = plane.stop();
  await eventually(async () => (await ask(plane, "/readyz")).code === 503, { describe: "/readyz is 503" });
  const draining = { connection: "close", reason: "it is stopping: send requests elsewhere" };
  expect(await ask(plane, "/readyz")).toMatchObject({ code: 503, ...draining });
  expect(await ask(plane, "/healthz")).toMatchObject({ code: 503, ...draining });
  expect(await ask(plane, "/livez")).toMatchObject({ code: 200, connection: "close" });
  // On the connection from before, and then on a new one.
  expect(await sync()).toBe("accepted");
  expect(await sync()).toBe("accepted");

  expect(await stopped).toBe(0);
  expect(performance.now() - stoppedAt).toBeGreaterThan(DRAIN_SECONDS * 1000 - 50);
  expect(plane.refusedSyncs()).toEqual([]);
  expect(plane.lines.filter((line) => line.includes('"event":"draining"'))).toHaveLength(1);
});

it("without DRAIN_SECONDS, it stops at once", async () => {
  const plane = await startControlPlane();
  onTestFinished(() => plane.kill());
  expect(await plane.stop()).toBe(0);
  expect(plane.lines.filter((line) => line.includes('"event":"draining"'))).toEqual([]);
});
