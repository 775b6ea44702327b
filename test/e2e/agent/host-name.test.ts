import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AgentProcess, render } from "../../support/agent/agent-process.ts";
import { failure, json } from "../../support/agent/behaviours.ts";
import type { FaultyServer } from "../../support/agent/faulty-server.ts";
import { NAME, type NamedScene, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;

function call({ host }: NamedScene, name: string): void {
  const [program = "", ...words] = [...host.wrapper, "hostname", name];
  execFileSync(program, words);
}

/** Changes agent.toml, in place. */
function edit({ home }: NamedScene, change: (text: string) => string): void {
  writeFileSync(home.configPath, change(readFileSync(home.configPath, "utf8")));
}

/** A host without `agent.name`. */
async function unnamed(hostName: string) {
  const scene = await namedScene();
  call(scene, hostName);
  scene.host.write("hosts", `127.0.0.1 localhost\n127.0.0.11 ${NAME}\n`);
  edit(scene, (text) => text.replace(/^name = .*\n/mu, ""));
  return scene;
}

async function online(
  scene: NamedScene,
): Promise<{ readonly server: FaultyServer; readonly agent: AgentProcess }> {
  const server = await scene.controlPlane("127.0.0.11");
  const agent = scene.start();
  await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
  return { server, agent };
}

async function moreSyncs(server: FaultyServer): Promise<void> {
  const from = server.requests.length;
  await eventually(() => server.requests.length >= from + 3, { describe: "syncs", timeoutMs: WAIT_MS });
}

/** Of the syncs: the farewell of an agent has none. */
const names = (server: FaultyServer) =>
  new Set(server.requests.flatMap(({ input }) => (input["name"] === undefined ? [] : [input["name"]])));

describe.skipIf(LACKS_OWN_HOST).concurrent("a host that gets another name", { timeout: 180_000 }, () => {
  it("stays the executor that it was, through every kind of edit, and says so once", async () => {
    await using scene = await unnamed("ubuntu-1");
    const { server, agent } = await online(scene);
    call(scene, "web-01");
    const { message } = await agent.waitForLine("host.renamed", /^/, WAIT_MS);
    expect(message).toContain("is called web-01, and the executor is still ubuntu-1: agent.name is not set");
    expect(message).toContain("also after a restart as long as state.json remembers it");
    expect(message).toContain('write name = "ubuntu-1" below [agent]');
    expect(message).toContain('With name = "web-01" this host becomes a new executor');
    edit(scene, (text) => `# a comment\n${text}`);
    await agent.post("reload");
    edit(scene, (text) => text.replace('level = "info"', 'level = "debug"'));
    await agent.waitForLine("config.applied", /logging\.level/u, WAIT_MS);
    agent.signal("SIGHUP");
    await moreSyncs(server);
    expect(names(server)).toEqual(new Set(["ubuntu-1"]));
    const unwanted = agent.lines.filter(({ event }) =>
      ["config.new", "key.new", "executor.renamed"].includes(event),
    );
    expect(unwanted, render(agent.lines)).toEqual([]);
    expect(agent.lines.filter(({ event }) => event === "host.renamed")).toHaveLength(1);
  });

  it("keeps its name with a new key, whose refusal does not ask to fix a setting that is not there", async () => {
    await using scene = await unnamed("ubuntu-1");
    const { server, agent } = await online(scene);
    call(scene, "web-07");
    await agent.waitForLine("host.renamed", /^/, WAIT_MS);
    const elsewhere = failure("FORBIDDEN", { reason: "key_targets_other_executor" }, null);
    server.respond(onlyFor([scene.key], json(403, elsewhere)));
    scene.configure({ key: makeKey() });
    edit(scene, (text) => text.replace(/^name = .*\n/mu, ""));
    const { message } = await agent.waitForLine("key.new-refused", /^/, WAIT_MS);
    expect(message).toContain("issued for an executor other than ubuntu-1");
    expect(message).toContain("set agent.name in agent.toml (it is not set now)");
    expect(message).not.toContain("set it back");
    expect(names(server)).toEqual(new Set(["ubuntu-1"]));
  });

  it("stays that executor after a restart, and check asks as that one", async () => {
    await using scene = await unnamed("ubuntu-1");
    const { server, agent } = await online(scene);
    await agent.stop();
    call(scene, "web-01");
    expect((await scene.run("check")).stdout).toContain("executor ubuntu-1 for");
    const again = scene.start();
    await again.waitForLine("host.renamed", /^/, WAIT_MS);
    await moreSyncs(server);
    expect((await again.status()).executor).toBe("ubuntu-1");
    expect(names(server)).toEqual(new Set(["ubuntu-1"]));
    expect(again.lines.filter(({ event }) => event === "executor.renamed")).toEqual([]);
  });

  it("is not the executor of the host that it was cloned from", async () => {
    await using scene = await unnamed("ubuntu-1");
    const { agent } = await online(scene);
    await agent.stop();
    const state = join(scene.home.dataDir, "state.json");
    const text = readFileSync(state, "utf8");
    expect(text).toContain('"name": "ubuntu-1"');
    writeFileSync(state, text.replace(/"machine": "[0-9a-f]*"/u, '"machine": "0123456789abcdef"'));
    call(scene, "web-01");
    const again = scene.start();
    await again.waitForStatus(({ state: word }) => word === "online", WAIT_MS);
    expect((await again.status()).executor).toBe("web-01");
  });

  it("is the executor of its new name if it was never accepted under the old one", async () => {
    await using scene = await unnamed("ubuntu-1");
    const server = await scene.controlPlane("127.0.0.11");
    server.respond(json(503, {}));
    const agent = scene.start();
    await agent.waitForStatus(({ state }) => state === "unreachable", WAIT_MS);
    call(scene, "web-01");
    server.respond(onlyFor([scene.key]));
    edit(scene, (text) => `# a comment\n${text}`);
    await agent.waitForStatus(({ state, executor }) => state === "online" && executor === "web-01", WAIT_MS);
    const state = join(scene.home.dataDir, "state.json");
    await eventually(() => readFileSync(state, "utf8").includes('"name": "web-01"'), {
      describe: "the name is kept",
      timeoutMs: WAIT_MS,
    });
  });

  it("is said to forget its name where state.json cannot be written, and keeps it as long as it runs", async () => {
    await using scene = await unnamed("ubuntu-1");
    rmSync(scene.home.dataDir, { recursive: true });
    writeFileSync(scene.home.dataDir, "a file in the place of the folder");
    const { server, agent } = await online(scene);
    await agent.waitForLine("state.unwritable", /nor its name if agent\.name is not set/u, WAIT_MS);
    call(scene, "web-01");
    edit(scene, (text) => `# a comment\n${text}`);
    await agent.waitForLine("host.renamed", /as long as state\.json remembers it/u, WAIT_MS);
    await moreSyncs(server);
    expect(names(server)).toEqual(new Set(["ubuntu-1"]));
  });

  it("is said to have forgotten its name where state.json is damaged, once", async () => {
    await using scene = await unnamed("ubuntu-1");
    mkdirSync(scene.home.dataDir, { recursive: true });
    const state = join(scene.home.dataDir, "state.json");
    writeFileSync(state, '{"format":1,"keys":[{"finger');
    const { agent } = await online(scene);
    await agent.waitForLine(
      "state.damaged",
      /has forgotten .*Nothing is to be done: .*agent\.name/u,
      WAIT_MS,
    );
    await eventually(() => readFileSync(state, "utf8").includes('"name": "ubuntu-1"'), {
      describe: "the file is written anew",
      timeoutMs: WAIT_MS,
    });
    await agent.stop();
    const again = scene.start();
    await again.waitForStatus(({ state: word }) => word === "online", WAIT_MS);
    expect(again.lines.filter(({ event }) => event === "state.damaged")).toEqual([]);
  });

  it("has its host's name again when agent.name is removed", async () => {
    await using scene = await unnamed("ubuntu-1");
    const { agent } = await online(scene);
    call(scene, "web-01");
    edit(scene, (text) => text.replace("[agent]", '[agent]\nname = "mine"'));
    await agent.waitForStatus(({ executor }) => executor === "mine", WAIT_MS);
    edit(scene, (text) => text.replace('name = "mine"\n', ""));
    await agent.waitForStatus(({ executor }) => executor === "web-01", WAIT_MS);
  });

  it("does not matter if agent.name is set", async () => {
    await using scene = await unnamed("ubuntu-1");
    edit(scene, (text) => text.replace("[agent]", '[agent]\nname = "mine"'));
    const { server, agent } = await online(scene);
    call(scene, "web-01");
    await moreSyncs(server);
    expect(names(server)).toEqual(new Set(["mine"]));
    expect(agent.lines.map(({ event }) => event)).not.toContain("host.renamed");
  });
});

describe.skipIf(LACKS_OWN_HOST).concurrent("a host that nobody has named", { timeout: 120_000 }, () => {
  it.each(["localhost", "localhost.localdomain", "ubuntu"])("%s: start and check warn", async (name) => {
    await using scene = await unnamed(name);
    const { agent } = await online(scene);
    const line = await agent.waitForLine("executor.common-name");
    expect(line).toMatchObject({
      level: "warn",
      message: expect.stringContaining(`is called ${name}, like every`),
    });
    const { code, stdout } = await scene.run("check");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning The executor is called .*Set agent\.name in agent\.toml/mu);
  });
});
