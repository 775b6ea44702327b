import { describe, expect, it } from "vitest";
import { type AgentProcess, render } from "../../support/agent/agent-process.ts";
import { failure, json } from "../../support/agent/behaviours.ts";
import type { FaultyServer } from "../../support/agent/faulty-server.ts";
import { startNameServer } from "../../support/agent/name-server.ts";
import { NAME, type NamedScene, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";
import { startTestProxy } from "../../support/agent/test-proxy.ts";
import { eventually } from "../../support/eventually.ts";

const [OLD, NEW, DEAD] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
/** Generous, for a busy machine. */
const WAIT_MS = 60_000;

function setHosts(scene: NamedScene, ...addresses: readonly string[]): void {
  const lines = addresses.map((address) => `${address} ${NAME}\n`);
  scene.host.write("hosts", `127.0.0.1 localhost\n${lines.join("")}`);
}

async function onlineAt(scene: NamedScene): Promise<AgentProcess> {
  const agent = scene.start();
  await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
  return agent;
}

/** An agent that is online at the old server. */
async function onlineAtOld() {
  const scene = await namedScene();
  const old = await scene.controlPlane(OLD);
  setHosts(scene, OLD);
  const agent = await onlineAt(scene);
  return { scene, old, agent, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

async function syncs(server: FaultyServer, count: number): Promise<void> {
  const from = server.requests.length;
  await eventually(() => server.requests.length >= from + count, { describe: "syncs", timeoutMs: WAIT_MS });
}

function linesOf({ lines }: AgentProcess, event: string) {
  return lines.filter((line) => line.event === event);
}

function expectNoFailure(agent: AgentProcess): void {
  expect(linesOf(agent, "control-plane.unreachable"), render(agent.lines)).toEqual([]);
}

describe.skipIf(LACKS_OWN_HOST)("a name that gets other addresses", { timeout: 180_000 }, () => {
  it.each<[name: string, addresses: readonly string[]]>([
    ["a second address in front", [NEW, OLD]],
    ["a second address in front, and one before it at which nothing listens", [DEAD, NEW, OLD]],
    ["an IPv6 address instead", ["::1"]],
    ["an IPv6 address in front at which nothing listens", ["::2", NEW]],
  ])("%s: the first one that connects is used", async (_name, addresses) => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    const fresh = await scene.controlPlane(addresses.includes("::1") ? "::1" : NEW);
    setHosts(scene, ...addresses);
    await agent.post("retry");
    await syncs(fresh, 3);
    await eventually(() => old.openConnectionCount() === 0, { describe: "the old connection has ended" });
    expect(fresh.connectionCount()).toBe(1);
    expectNoFailure(agent);
    expect(linesOf(agent, "control-plane.kept-connection")).toEqual([]);
  });

  it("a second address in front at which nothing listens: the old server gets a new connection", async () => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    setHosts(scene, DEAD, OLD);
    await agent.post("retry");
    await eventually(() => old.connectionCount() === 2, { describe: "a new connection", timeoutMs: WAIT_MS });
    await syncs(old, 2);
    expect(old.openConnectionCount()).toBe(1);
    expectNoFailure(agent);
  });

  it("no address any more: syncs go on, and one line says that the name is gone", async () => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    await using names = await startNameServer(scene.host, "127.0.0.2");
    names.respond(() => "no-such-name");
    scene.host.write("resolv.conf", "nameserver 127.0.0.2\n");
    setHosts(scene);
    for (let round = 0; round < 2; round += 1) {
      await agent.post("retry");
      await syncs(old, 2);
    }
    const { message } = await agent.waitForLine("control-plane.kept-connection");
    expect(message).toMatch(/^A new connection to other\.example\.com does not work: .*other\.example\.com/);
    expect(message).not.toMatch(/port|packets|:443/);
    expect(linesOf(agent, "control-plane.kept-connection")).toHaveLength(1);
    expectNoFailure(agent);
    const fresh = await scene.controlPlane(NEW);
    names.respond(() => ({ address: NEW }));
    await agent.post("retry");
    await syncs(fresh, 2);
    expectNoFailure(agent);
  });

  it("what a slow DNS server said before the move is not used after a retry", async () => {
    await using scene = await namedScene();
    const [old, fresh] = [await scene.controlPlane(OLD), await scene.controlPlane(NEW)];
    await using names = await startNameServer(scene.host, "127.0.0.2");
    let address: string = OLD;
    // Longer than an exchange waits for the name, so that the answer is kept for the next one.
    names.respond(() => ({ address, afterMs: 1500 }));
    scene.host.write("resolv.conf", "nameserver 127.0.0.2\noptions timeout:30\n");
    const agent = await onlineAt(scene);
    // The retry waits for the name, and sends without it; the answer comes while it is answered.
    const held = Promise.withResolvers<void>();
    old.respond(async (exchange) => {
      await held.promise;
      json(503, {})(exchange);
    });
    const asked = names.questions.length;
    await agent.post("retry");
    await eventually(() => names.questions.length > asked, { describe: "a question", timeoutMs: WAIT_MS });
    address = NEW;
    names.respond((question) => (question.type === "A" ? { address: NEW } : "no-records"));
    await agent.post("retry");
    held.resolve();
    await syncs(fresh, 1);
    expect(old.connectionCount()).toBe(1);
  });
});

describe.skipIf(LACKS_OWN_HOST)("a server that is left behind by its name", { timeout: 180_000 }, () => {
  it.each<[name: string, status: number, body: object, state: string]>([
    ["forgets the key", 401, failure("UNAUTHENTICATED", { reason: "unknown" }, null), "key-refused"],
    ["is of another organization", 403, failure("FORBIDDEN", { reason: "wrong_organization" }), "forbidden"],
  ])("and %s: the agent comes to the new server by itself", async (_name, status, body, state) => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    const fresh = await scene.controlPlane(NEW);
    setHosts(scene, NEW);
    old.respond(json(status, body));
    await agent.waitForStatus((seen) => seen.state === state, WAIT_MS);
    expect(fresh.connectionCount()).toBe(0);
    await syncs(fresh, 2);
    await agent.waitForStatus((seen) => seen.state === "online", WAIT_MS);
    expect(old.connectionCount()).toBe(1);
  });

  it.each([
    ["503", json(503, {}, { "retry-after": "300" }), "unreachable"],
    ["401", json(401, failure("UNAUTHENTICATED"), { "retry-after": "300" }), "key-refused"],
  ] as const)(
    "and answers %s with a long wait: a retry goes to the new server at once",
    async (_name, respond, state) => {
      await using place = await onlineAtOld();
      const { scene, old, agent } = place;
      const fresh = await scene.controlPlane(NEW);
      old.respond(respond);
      await agent.waitForStatus((seen) => seen.state === state, WAIT_MS);
      setHosts(scene, NEW);
      const asked = old.requests.length;
      await agent.post("retry");
      await agent.waitForStatus((seen) => seen.state === "online", WAIT_MS);
      expect(fresh.connectionCount()).toBe(1);
      expect(old.requests).toHaveLength(asked);
    },
  );

  it("and closes its idle connections: the next sync goes to the new server", async () => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    const fresh = await scene.controlPlane(NEW);
    setHosts(scene, NEW);
    await syncs(old, 1);
    old.cutConnections();
    await syncs(fresh, 2);
    expect(old.connectionCount()).toBe(1);
    expectNoFailure(agent);
  });
});

describe.skipIf(LACKS_OWN_HOST)("a name that moves to a server", { timeout: 180_000 }, () => {
  it.each([
    ["expired", /expired/],
    [
      "notYetValid",
      /is not valid before 2090-01-01.*as the control plane's did.*Replace the control plane's cert/,
    ],
    ["good", /other\.example\.com.*localhost/],
    ["selfSigned", /certificate/],
  ] as const)("with a certificate that is %s: the old connection stays", async (certificate, words) => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    const fresh = await scene.controlPlane(NEW, certificate);
    setHosts(scene, NEW);
    await agent.post("retry");
    const { message } = await agent.waitForLine("control-plane.kept-connection", /^/, WAIT_MS);
    expect(message).toMatch(words);
    await syncs(old, 2);
    expect(old.connectionCount()).toBe(1);
    expect(fresh.requests).toEqual([]);
    expectNoFailure(agent);
  });

  it("that refuses the key: the verdict is that of the new server, and ends when the name is back", async () => {
    await using place = await onlineAtOld();
    const { scene, old, agent } = place;
    const fresh = await scene.controlPlane(NEW);
    fresh.respond(json(401, failure("UNAUTHENTICATED", { reason: "unknown" }, null)));
    setHosts(scene, NEW);
    await agent.post("retry");
    await agent.waitForLine("key.refused", /^/, WAIT_MS);
    setHosts(scene, OLD);
    await agent.post("retry");
    await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
    await syncs(old, 2);
    expect(fresh.openConnectionCount()).toBe(0);
  });

  it("of the proxy, which makes no tunnel: the old tunnel stays, and the line names the proxy", async () => {
    await using scene = await namedScene();
    const server = await scene.controlPlane();
    const [first, second] = ["127.0.0.21", "127.0.0.22"] as const;
    const listeners = [await scene.host.tcp(first, 3128), await scene.host.tcp(second, 3128)] as const;
    await using _old = await startTestProxy({ targetPort: server.port, listener: listeners[0] });
    await using fresh = await startTestProxy({ targetPort: server.port, listener: listeners[1] });
    fresh.setMode(403);
    scene.configure({}, 'proxy = "http://proxy.test:3128"');
    scene.host.write("hosts", `127.0.0.1 localhost\n${first} proxy.test\n`);
    const agent = await onlineAt(scene);
    scene.host.write("hosts", `127.0.0.1 localhost\n${second} proxy.test\n`);
    await agent.post("retry");
    const { message } = await agent.waitForLine("control-plane.kept-connection", /^/, WAIT_MS);
    expect(message).toMatch(/does not work: .*proxy\.test:3128.* \(403\)/);
    await syncs(server, 2);
    expect(server.connectionCount()).toBe(1);
    expectNoFailure(agent);
    fresh.setMode("tunnel");
    await agent.post("retry");
    await eventually(() => server.connectionCount() === 2, { describe: "a tunnel", timeoutMs: WAIT_MS });
    await syncs(server, 2);
    expectNoFailure(agent);
    await agent.stop();
  });
});
