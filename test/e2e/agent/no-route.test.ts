import { describe, expect, it } from "vitest";
import { render } from "../../support/agent/agent-process.ts";
import { NAME, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;
const HERE = "127.0.0.11";
const PROXY = "proxy.corp.test";

/** connect(2) fails at once then, and not some time later as with a server that is away. */
describe.skipIf(LACKS_OWN_HOST).concurrent("a host without a route", { timeout: 120_000 }, () => {
  it.each<[name: string, addresses: readonly string[]]>([
    ["an IPv4 address", ["192.0.2.1"]],
    ["an IPv6 address, on a host with IPv4 alone", ["2001:db8::1"]],
    ["addresses of both kinds", ["192.0.2.1", "2001:db8::1"]],
  ])("to %s: the agent says so, and comes online with the route", async (_name, addresses) => {
    await using scene = await namedScene();
    await scene.controlPlane(HERE);
    const hosts = addresses.map((address) => `${address} ${NAME}\n`).join("");
    scene.host.write("hosts", `127.0.0.1 localhost\n${hosts}`);
    const agent = scene.start();
    const { message } = await agent.waitForLine("control-plane.unreachable", /^/, WAIT_MS);
    expect(message, render(agent.lines)).toMatch(/no route to other\.example\.com:443, at .*ENETUNREACH/);
    for (const address of addresses) {
      expect(message).toContain(address);
    }
    scene.host.write("hosts", `127.0.0.1 localhost\n${HERE} ${NAME}\n`);
    await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
  });

  it("to one of its addresses: what happens at the other is said", async () => {
    await using scene = await namedScene();
    scene.host.write("hosts", `127.0.0.1 localhost\n2001:db8::1 ${NAME}\n${HERE} ${NAME}\n`);
    const { stdout } = await scene.run("check", "--online");
    expect(stdout).toContain(`connection refused by ${NAME}:443 (ECONNREFUSED)`);
  });

  it.each(["http", "https"])("to its proxy (%s): the proxy is named", async (scheme) => {
    await using scene = await namedScene();
    scene.host.write("hosts", `127.0.0.1 localhost\n192.0.2.1 ${PROXY}\n`);
    scene.configure({}, `proxy = "${scheme}://${PROXY}:3128"`);
    const { code, stdout } = await scene.run("check", "--online");
    expect(code).toBe(2);
    expect(stdout).toContain(`does not work: no route to ${PROXY}:3128 (ENETUNREACH)`);
  });
});
