import { request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { runControlPlane, startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";
import { eventually } from "../../../support/eventually.ts";
import { freePort } from "../../../support/free-port.ts";
import { makeKey } from "../../../support/keys.ts";

/** `novacula_syncs_total{result="accepted"}` → 1, of all lines with figures. */
function figuresIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

async function planeWithMetrics() {
  const address = `127.0.0.1:${await freePort()}`;
  const plane = await startControlPlane({ env: { METRICS_ADDRESS: address } });
  onTestFinished(() => plane.kill());
  const read = async () => {
    const { statusCode, headers, body } = await request(`http://${address}/metrics`);
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    return await body.text();
  };
  return { plane, address, read };
}

it("counts syncs by their result, and who is online", async () => {
  const { plane, read } = await planeWithMetrics();
  const { secret } = await plane.createKey();
  await using good = testClient(plane.url, { secret });
  await using stranger = testClient(plane.url, { secret: makeKey() });
  for (let n = 0; n < 3; n += 1) {
    await good.sync(SYNC_REQUEST, NEVER);
  }
  await stranger.sync(SYNC_REQUEST, NEVER);
  await good.sync({ ...SYNC_REQUEST, name: "" }, NEVER);
  // A browser's request is nobody's sync.
  await request(`${plane.url}/graphql`, { method: "POST", headers: { origin: plane.url }, body: "{}" }).then(
    ({ body }) => body.dump(),
  );
  const figures = await eventually(
    async () => {
      const seen = figuresIn(await read());
      return seen.get("novacula_pending_writes") === 0 &&
        seen.get("novacula_flush_duration_seconds_count") !== 0
        ? seen
        : undefined;
    },
    { describe: "everything is written" },
  );
  const of = (result: string) => figures.get(`novacula_syncs_total{result="${result}"}`);
  expect(of("accepted")).toBe(3);
  expect(of("key_refused")).toBe(1);
  expect(of("invalid")).toBe(1);
  expect([of("executor_refused"), of("unavailable"), of("failed")]).toEqual([0, 0, 0]);
  expect(figures.get("novacula_executors_online")).toBe(1);
  expect(figures.get("novacula_ready")).toBe(1);
  expect(figures.get("novacula_sync_duration_seconds_count")).toBe(5);
  expect(figures.get("novacula_store_errors_total")).toBe(0);
  expect(figures.get("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
});

it("names no key, no executor and no address, however many there are", async () => {
  const { plane, read } = await planeWithMetrics();
  const { secret, id, fingerprint } = await plane.createKey();
  await using client = testClient(plane.url, { secret });
  // A kind of garbage collection has figures once it has happened.
  const count = (text: string) =>
    [...figuresIn(text).keys()].filter((name) => !name.startsWith("nodejs_gc_")).length;
  const before = count(await read());
  for (let n = 0; n < 20; n += 1) {
    await client.sync({ ...SYNC_REQUEST, name: `agent-${n}` }, NEVER);
    await using stranger = testClient(plane.url, { secret: makeKey() });
    await stranger.sync(SYNC_REQUEST, NEVER);
  }
  const text = await read();
  expect(count(text) - before).toBeLessThan(5);
  for (const part of [secret, id, fingerprint, "agent-1", "127.0.0.1"]) {
    expect(text).not.toContain(part);
  }
});

it("is on no other address and at no other path", async () => {
  const { plane, address } = await planeWithMetrics();
  const status = async (url: string, method: "GET" | "POST" | "HEAD" = "GET") => {
    const { statusCode, body } = await request(url, { method });
    await body.dump();
    return statusCode;
  };
  expect(await status(`${plane.url}/metrics`)).toBe(404);
  expect(await status(`http://${address}/`)).toBe(404);
  expect(await status(`http://${address}/graphql`, "POST")).toBe(404);
  expect(await status(`http://${address}/metrics`, "POST")).toBe(405);
  expect(await status(`http://${address}/metrics`, "HEAD")).toBe(200);
});

it.each([
  ["9464", "must be an address and a port"],
  ["localhost:port", "must be an address and a port"],
  ["[::1]", "must be an address and a port"],
  ["http://127.0.0.1:9464", "must be an address and a port"],
  ["127.0.0.1:70000", "must have a port up to 65535"],
])("METRICS_ADDRESS=%s is refused", async (value, why) => {
  const { exitCode, stderr } = await runControlPlane(["serve"], { METRICS_ADDRESS: value });
  expect(exitCode).toBe(78);
  expect(stderr).toContain(`METRICS_ADDRESS: ${why}`);
});
