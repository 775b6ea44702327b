import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { type Host, moreSyncs } from "../../../support/agent/rotation-scene.ts";
import { testCertificates } from "../../../support/certificates.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { type Replicas, startReplicas } from "../../../support/control-plane/replicas.ts";
import { documentedConfiguration, onThisMachine } from "../../../support/documented-configuration.ts";
import { eventually } from "../../../support/eventually.ts";
import { type Haproxy, lacksHaproxy, startHaproxy } from "../../../support/haproxy.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** Longer than in the document, so that no machine is too slow to notice it. */
const DRAIN_SECONDS = 60;
const DOCUMENT = "docs/control-plane/postgresql.md";

interface Scene extends Replicas {
  readonly haproxy: Haproxy;
  /** An agent that is online through the balancer. */
  readonly host: Host;
  /** The statuses of that many requests to the balancer, one after the other. */
  probes(count: number): Promise<readonly number[]>;
}

/** Two control planes with certificates, behind HAProxy as in the document. */
async function startScene(): Promise<Scene> {
  const folder = tempDir();
  const { good, caPem } = await testCertificates();
  const cert = fileIn(folder, "cp.pem", good.cert);
  const key = fileIn(folder, "cp.key", good.key);
  const ca = fileIn(folder, "ca.pem", caPem);
  const pair = fileIn(folder, "pair.pem", `${good.cert}${good.key}`);
  let haproxy: Haproxy | undefined;
  const replicas = await startReplicas({ DRAIN_SECONDS: String(DRAIN_SECONDS) }, 0, {
    tls: { certPath: cert, keyPath: key },
    startBalancer: async (place, port, [one = 0, two = 0]) => {
      const configuration = onThisMachine(documentedConfiguration("haproxy", DOCUMENT), {
        "bind :443": `bind 127.0.0.1:${port}`,
        "/etc/haproxy/cp.pem": pair,
        "/etc/ssl/certs/ca-certificates.crt": ca,
        "cp.example.com": "localhost",
        "192.0.2.11:3000": `127.0.0.1:${one}`,
        "192.0.2.12:3000": `127.0.0.1:${two}`,
      });
      haproxy = await startHaproxy(place, port, configuration);
      return haproxy;
    },
  });
  if (haproxy === undefined) {
    throw new Error("no balancer was started");
  }
  const dispatcher = new Agent({ connect: { ca: caPem } });
  onTestFinished(async () => void (await dispatcher.close()));
  const host = await replicas.fleet.online(await replicas.planes[0].createKey(), {
    url: replicas.balancer,
    caFile: ca,
  });
  const probes = async (count: number) => {
    const statuses: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const { statusCode, body } = await request(`${replicas.balancer}/livez`, { dispatcher });
      await body.dump();
      statuses.push(statusCode);
    }
    return statuses;
  };
  return { ...replicas, haproxy, host, probes };
}

function fileIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

it.skipIf(lacksPostgres() || lacksHaproxy)(
  "HAProxy as documented: each in turn, probed by /readyz, and no refused sync when one stops or is killed",
  { timeout: 60_000 },
  async () => {
    const { planes, again, haproxy, host, probes } = await startScene();
    const [first, second] = planes;
    const before = await haproxy.servers();
    expect(await probes(10)).toEqual(Array.from({ length: 10 }, () => 200));
    await moreSyncs(host, 4);
    const after = await haproxy.servers();
    for (const name of ["one", "two"]) {
      expect((after[name]?.answered ?? 0) - (before[name]?.answered ?? 0)).toBeGreaterThanOrEqual(5 + 1);
      expect(after[name]).toMatchObject({ isUp: true, probed: 200 });
    }

    // While it drains it still answers, but its probe does not, so HAProxy turns away.
    process.kill(first.pid, "SIGTERM");
    const draining = await eventually(
      async () => {
        const { one } = await haproxy.servers();
        return one?.isUp === false && one;
      },
      { describe: "HAProxy notices that it drains" },
    );
    expect(draining.probed).toBe(503);
    expect(await probes(4)).toEqual([200, 200, 200, 200]);
    // One sync may have been on its way.
    expect((await haproxy.servers())["one"]?.answered).toBeLessThanOrEqual(draining.answered + 1);
    // The second SIGTERM ends it.
    await first.stop();
    await moreSyncs(host, 2);
    await again(0);
    await eventually(async () => (await haproxy.servers())["one"]?.isUp, { describe: "it is up again" });
    await moreSyncs(host, 2);
    const problems = host.agent.lines.filter(({ level }) => level === "error" || level === "warn");
    expect(problems).toEqual([]);

    // HAProxy does not know yet that it is gone, and goes to the other one.
    await second.kill();
    expect(await probes(4)).toEqual([200, 200, 200, 200]);
    await moreSyncs(host, 4);
    expect([first, ...planes].flatMap((plane) => plane.refusedSyncs())).toEqual([]);
    // A sync that was being answered may have failed: an outage, and no refusal.
    const events = host.agent.lines.filter(({ level }) => level === "error" || level === "warn");
    expect(events.filter(({ event }) => event !== "control-plane.unreachable")).toEqual([]);
  },
);
