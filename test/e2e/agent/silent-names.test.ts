import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import {
  type NameAnswer,
  type NameQuestion,
  type NameServer,
  startNameServer,
} from "../../support/agent/name-server.ts";
import { NAME, type NamedScene, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";
import { eventually } from "../../support/eventually.ts";

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;
/** The C library asks again only after this, so a look-up lasts five minutes: resolv.conf(5). */
const PATIENT = "options timeout:30 attempts:5\n";

async function nameServers(scene: NamedScene, addresses: readonly string[], more = "") {
  const stack = new AsyncDisposableStack();
  const servers: NameServer[] = [];
  for (const address of addresses) {
    servers.push(stack.use(await startNameServer(scene.host, address)));
  }
  scene.host.write("resolv.conf", `${addresses.map((address) => `nameserver ${address}\n`).join("")}${more}`);
  return { servers, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe.skipIf(LACKS_OWN_HOST).concurrent("a name server that does not answer", { timeout: 120_000 }, () => {
  it.each<[name: string, addresses: readonly string[], more: string, words: string]>([
    ["the only one", ["127.0.0.2"], "", "asking DNS server 127.0.0.2 (/etc/resolv.conf)."],
    [
      "three, and search domains",
      ["127.0.0.2", "127.0.0.3", "127.0.0.4"],
      "search a.test b.test c.test d.test\noptions ndots:5\n",
      "asking DNS servers 127.0.0.2, 127.0.0.3, 127.0.0.4 (/etc/resolv.conf) with 4 search domains.",
    ],
    [
      "two in turn, with limits of the host's own",
      ["127.0.0.2", "127.0.0.3"],
      "options rotate timeout:4 attempts:3\n",
      "asking DNS servers 127.0.0.2, 127.0.0.3 (/etc/resolv.conf).",
    ],
    ["the stub of systemd-resolved", ["127.0.0.53"], "options edns0 trust-ad\n", "asking systemd-resolved."],
  ])("%s: is said to be silent, and no port is blamed", async (_name, addresses, more, words) => {
    await using scene = await namedScene();
    await using names = await nameServers(scene, addresses, more);
    const agent = scene.start();
    const { message } = await agent.waitForLine("control-plane.unreachable", /^/, WAIT_MS);
    expect(message).toContain(`the look-up of the name ${NAME} takes longer than 7 s, ${words}`);
    expect(message).not.toMatch(/:443|port|packets/u);
    expect(names.servers[0]?.questions.length).toBeGreaterThan(0);
  });

  it("while it asks to be asked by TCP, where it is silent: the C library then waits for ever", async () => {
    await using scene = await namedScene();
    await using names = await silentByTcp(scene);
    const agent = scene.start();
    const { message } = await agent.waitForLine("control-plane.unreachable", /^/, WAIT_MS);
    expect(message).toContain(`the look-up of the name ${NAME} takes longer than 7 s, asking DNS server`);
    expect(names.connectionCount()).toBeGreaterThan(0);
    agent.signal("SIGTERM");
    expect(await agent.exited()).toEqual({ code: 0, signal: null });
  });

  it("for the name of a proxy", async () => {
    await using scene = await namedScene();
    await using _names = await nameServers(scene, ["127.0.0.2"]);
    scene.configure(
      {},
      '[control_plane]\nproxy = "http://proxy.corp.test:3128"\n'.replace("[control_plane]\n", ""),
    );
    const checked = await scene.run("check", "--online");
    expect(checked.stdout).toContain(
      "the look-up of the name proxy.corp.test of the proxy in control_plane.proxy takes longer than",
    );
    const examined = await scene.run("doctor", "--json");
    expect(stages(examined.stdout)).toMatchObject({ dns: "bad", proxy: "unknown", tcp: "unknown" });
  });

  it("doctor: dns is bad, and what lies behind it is not judged", async () => {
    await using scene = await namedScene();
    await using _names = await nameServers(scene, ["127.0.0.2"]);
    const { code, stdout } = await scene.run("doctor", "--json");
    expect(code).toBe(1);
    expect(stages(stdout)).toMatchObject({ dns: "bad", tcp: "unknown", tls: "unknown", proxy: "ok" });
  });

  it.each([
    ["SIGTERM", "the control plane", ""],
    ["SIGINT", "the control plane", ""],
    ["SIGTERM", "a proxy", 'proxy = "http://proxy.corp.test:3128"'],
  ] as const)("at %s: the look-up of the name of %s is left behind", async (signal, _whose, setting) => {
    await using scene = await namedScene();
    await using names = await nameServers(scene, ["127.0.0.2"], PATIENT);
    scene.configure({}, setting);
    const agent = scene.start();
    await eventually(() => (names.servers[0]?.questions.length ?? 0) > 0, {
      describe: "a question",
      timeoutMs: WAIT_MS,
    });
    agent.signal(signal);
    expect(await agent.exited()).toEqual({ code: 0, signal: null });
    expect(agent.lines.at(-1)).toMatchObject({ event: "agent.stopped" });
    expectFirstQuestionsOnly(names.servers);
  });

  it.each([{ words: ["check", "--online"] }, { words: ["doctor"] }])(
    "at the end of $words: the command ends once it has said so",
    async ({ words }) => {
      await using scene = await namedScene();
      await using names = await nameServers(scene, ["127.0.0.2"], PATIENT);
      const { stdout } = await scene.run(...words);
      expect(stdout).toContain("takes longer than");
      expectFirstQuestionsOnly(names.servers);
    },
  );
});

/** A name server that has no answer by UDP, and accepts a connection without reading from it. */
async function silentByTcp(scene: NamedScene) {
  await using unfinished = new AsyncDisposableStack();
  const listener = await scene.host.tcp("127.0.0.2", 53);
  const sockets = new Set<Socket>();
  listener.on("connection", (socket) => sockets.add(socket.on("error", () => {}).pause()));
  unfinished.defer(async () => {
    sockets.forEach((socket) => void socket.destroy());
    await new Promise((resolve) => listener.close(resolve));
  });
  const { servers } = unfinished.use(await nameServers(scene, ["127.0.0.2"]));
  servers[0]?.respond(() => "truncated");
  const finished = unfinished.move();
  return {
    connectionCount: () => sockets.size,
    [Symbol.asyncDispose]: () => finished.disposeAsync(),
  };
}

/** So the process has ended before the look-up asked a second time, in its first of five tries. */
function expectFirstQuestionsOnly(servers: readonly NameServer[]): void {
  const asked = servers.flatMap(({ questions }) => questions.map(({ name, type }) => `${name} ${type}`));
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set(asked).size).toBe(asked.length);
}

describe.skipIf(LACKS_OWN_HOST).concurrent("a slow name server", { timeout: 180_000 }, () => {
  const address = "127.0.0.11";
  it.each<
    [name: string, addresses: readonly string[], more: string, answer: (question: NameQuestion) => NameAnswer]
  >([
    ["a server that answers after 8 s", ["127.0.0.2"], "", () => ({ address, afterMs: 8000 })],
    ["a first server that is silent", ["127.0.0.3", "127.0.0.2"], "", () => ({ address })],
    [
      "a server that has no answer to questions for IPv6",
      ["127.0.0.2"],
      "",
      ({ type }) => (type === "A" ? { address } : "silent"),
    ],
    [
      "a server that is silent about a search domain",
      ["127.0.0.2"],
      "search corp.test\noptions ndots:5\n",
      ({ name }) => (name === NAME ? { address } : "silent"),
    ],
  ])("%s: the executor comes online", async (_name, addresses, more, answer) => {
    await using scene = await namedScene();
    await using names = await nameServers(scene, addresses, more);
    await scene.controlPlane(address);
    names.servers.at(-1)?.respond(answer);
    const agent = scene.start();
    await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
  });
});

describe.skipIf(LACKS_OWN_HOST).concurrent("a name that is not found", { timeout: 120_000 }, () => {
  it.each([
    ["no-such-name", /no host has the name other\.example\.com: asked DNS server 127\.0\.0\.2 .*ENOTFOUND/],
    ["no-records", /no host has the name other\.example\.com: asked DNS server 127\.0\.0\.2 .*ENOTFOUND/],
    ["failure", /could not be looked up: no usable answer from DNS server 127\.0\.0\.2 .*EAI_AGAIN/],
    ["refused", /could not be looked up: no usable answer from DNS server 127\.0\.0\.2 .*EAI_AGAIN/],
    ["truncated", /could not be looked up: no usable answer from DNS server 127\.0\.0\.2 .*EAI_AGAIN/],
    ["wrong-id", /the look-up of the name other\.example\.com takes longer than 7 s, .*127\.0\.0\.2/],
  ] as const)("%s: who was asked is said, and what /etc/hosts has", async (answer, words) => {
    await using scene = await namedScene();
    await using names = await nameServers(scene, ["127.0.0.2"]);
    names.servers[0]?.respond(() => answer);
    scene.host.write("hosts", "127.0.0.1 localhost\n127.0.0.11 other.exmaple.com\n");
    const { stdout } = await scene.run("check", "--online");
    expect(stdout).toMatch(words);
    expect(stdout).toContain("/etc/hosts has the similar name other.exmaple.com (line 2)");
    expect(stdout).not.toContain("Nothing on this host seems wrong");
  });
});

describe
  .skipIf(LACKS_OWN_HOST)
  .concurrent("a host whose own settings are wrong", { timeout: 120_000 }, () => {
    it.each<[name: string, file: "nsswitch.conf" | "resolv.conf", text: string, words: string]>([
      [
        "a module of names that is not there",
        "nsswitch.conf",
        "hosts: mymachines\n",
        `neither /etc/hosts nor DNS is asked for the name ${NAME}`,
      ],
      [
        "an end at /etc/hosts",
        "nsswitch.conf",
        "hosts: files [NOTFOUND=return] dns\n",
        `the name ${NAME} is not in /etc/hosts, and DNS is not asked`,
      ],
      [
        "a server with a port",
        "resolv.conf",
        "nameserver 127.0.0.2:53\n",
        "/etc/resolv.conf names 127.0.0.2:53, which is not an IP address",
      ],
    ])("%s: dns is bad, and no server is blamed that was never asked", async (_name, file, text, words) => {
      await using scene = await namedScene();
      await using names = await nameServers(scene, ["127.0.0.2"]);
      scene.host.write(file, text);
      const { stdout } = await scene.run("doctor", "--json");
      expect(stages(stdout)).toMatchObject({ dns: "bad", tcp: "unknown" });
      expect(stdout).toContain(words);
      expect(names.servers[0]?.questions).toEqual([]);
    });
  });

function stages(json: string): Record<string, string> {
  const { checks }: { checks: { stage: string; status: string }[] } = JSON.parse(json);
  return Object.fromEntries(checks.map(({ stage, status }) => [stage, status]));
}
