import { describe, expect, it } from "vitest";
import { type AgentProcess, render } from "../../support/agent/agent-process.ts";
import type { FaultyServer } from "../../support/agent/faulty-server.ts";
import { startNameServer } from "../../support/agent/name-server.ts";
import { NAME, type NamedScene, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";
import { startTestProxy } from "../../support/agent/test-proxy.ts";
import { eventually } from "../../support/eventually.ts";

const [OLD, NEW] = ["127.0.0.11", "127.0.0.12"] as const;
/** Generous, for a busy machine. */
const WAIT_MS = 60_000;

function move(scene: NamedScene, name: string, address: string): void {
  scene.host.write("hosts", `127.0.0.1 localhost\n${address} ${name}\n`);
}

/** An agent that is online at the old server, and a new server to which the name has not moved. */
async function onlineAtOld() {
  const scene = await namedScene();
  const [old, fresh] = [await scene.controlPlane(OLD), await scene.controlPlane(NEW)];
  move(scene, NAME, OLD);
  const agent = scene.start();
  await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
  return { scene, old, fresh, agent, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

async function syncs(server: FaultyServer, count: number): Promise<void> {
  const from = server.requests.length;
  await eventually(() => server.requests.length >= from + count, { describe: "syncs", timeoutMs: WAIT_MS });
}

function expectNoFailure({ lines }: AgentProcess): void {
  const failures = lines.filter(({ event }) => event === "control-plane.unreachable");
  expect(failures, render(lines)).toEqual([]);
}

describe.skipIf(LACKS_OWN_HOST)(
  "a name that moves while the old server goes on",
  { timeout: 180_000 },
  () => {
    it.each(["retry", "reload", "SIGHUP"] as const)(
      "is followed at %s, without a failed sync",
      async (how) => {
        await using place = await onlineAtOld();
        const { scene, old, fresh, agent } = place;
        move(scene, NAME, NEW);
        await syncs(old, 3);
        expect(fresh.connectionCount()).toBe(0);
        if (how === "SIGHUP") {
          agent.signal(how);
        } else {
          await agent.post(how);
        }
        await syncs(fresh, 3);
        await eventually(() => old.openConnectionCount() === 0, { describe: "the old connection has ended" });
        const asked = old.requests.length;
        await syncs(fresh, 2);
        expect(old.requests).toHaveLength(asked);
        expect(fresh.connectionCount()).toBe(1);
        expectNoFailure(agent);
      },
    );

    it("to a server that does not accept connections: the old connection stays, which is said once", async () => {
      await using place = await onlineAtOld();
      const { scene, old, agent } = place;
      move(scene, NAME, "127.0.0.13");
      for (let round = 0; round < 3; round += 1) {
        await agent.post("retry");
        await syncs(old, 2);
      }
      const { message } = await agent.waitForLine("control-plane.kept-connection");
      expect(message).toMatch(
        /^A new connection to other\.example\.com does not work: connection refused by/,
      );
      expect(message).toContain("Syncs still work over the old connection");
      expect(agent.lines.filter(({ event }) => event === "control-plane.kept-connection")).toHaveLength(1);
      expect(old.connectionCount()).toBe(1);
      expectNoFailure(agent);
      move(scene, NAME, NEW);
      await agent.post("retry");
      await syncs(place.fresh, 2);
    });

    it.each<[name: string, respond: (server: FaultyServer) => void, words: RegExp]>([
      ["answers 503", (server) => server.respond(({ response }) => response.writeHead(503).end()), /503/],
      [
        "never answers",
        (server) => server.respond(() => {}),
        /no answer from other\.example\.com:443 within 5 s/,
      ],
    ])("to a server that %s: no sync fails", async (_name, respond, words) => {
      await using place = await onlineAtOld();
      const { scene, old, fresh, agent } = place;
      respond(fresh);
      move(scene, NAME, NEW);
      await agent.post("retry");
      // The only one: on a busy machine it may have come before the answer to retry.
      await eventually(() => fresh.requests.length === 1, { describe: "a sync", timeoutMs: WAIT_MS });
      await syncs(old, 3);
      const { message } = await agent.waitForLine("control-plane.kept-connection");
      expect(message).toMatch(words);
      expectNoFailure(agent);
      expect(fresh.openConnectionCount()).toBe(0);
    });

    it("while DNS is away: neither a sync nor the stop waits for it to be back", async () => {
      await using place = await onlineAtOld();
      const { scene, old, agent } = place;
      await using silent = await startNameServer(scene.host, "127.0.0.2");
      scene.host.write("resolv.conf", "nameserver 127.0.0.2\noptions timeout:30 attempts:5\n");
      scene.host.write("hosts", "127.0.0.1 localhost\n");
      await agent.post("retry");
      await syncs(old, 4);
      expectNoFailure(agent);
      expect(await agent.stop()).toBe(0);
      // It ended before the look-up asked again, which it does after 30 s.
      const asked = silent.questions.map(({ name, type }) => `${name} ${type}`);
      expect(asked.length).toBeGreaterThan(0);
      expect(new Set(asked).size).toBe(asked.length);
    });

    it("is followed through a proxy whose name moved", async () => {
      await using scene = await namedScene();
      const server = await scene.controlPlane();
      const proxies = new AsyncDisposableStack();
      const proxy = async (address: string) =>
        proxies.use(
          await startTestProxy({ targetPort: server.port, listener: await scene.host.tcp(address, 3128) }),
        );
      const [old, fresh] = [await proxy("127.0.0.21"), await proxy("127.0.0.22")];
      scene.configure({}, 'proxy = "http://proxy.test:3128"');
      move(scene, "proxy.test", "127.0.0.21");
      const agent = scene.start();
      await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
      move(scene, "proxy.test", "127.0.0.22");
      await syncs(server, 2);
      expect(fresh.requests).toEqual([]);
      await agent.post("retry");
      await eventually(() => fresh.requests.length === 1, { describe: "a tunnel", timeoutMs: WAIT_MS });
      await syncs(server, 2);
      expect(old.requests).toEqual([`CONNECT ${NAME}:443`]);
      expectNoFailure(agent);
      await agent.stop();
      await proxies.disposeAsync();
    });
  },
);
