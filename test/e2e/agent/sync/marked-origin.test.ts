import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AgentProcess, startAgent } from "../../../support/agent/agent-process.ts";
import { type Scene, setScene } from "../../../support/agent/agent-scene.ts";
import { failure, json } from "../../../support/agent/behaviours.ts";
import { command } from "../../../support/agent/command.ts";
import { startFaultyServer } from "../../../support/agent/faulty-server.ts";
import { marked } from "../../../support/agent/marked.ts";
import { NAME, namedScene } from "../../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../../support/agent/own-host.ts";
import { startTestProxy } from "../../../support/agent/test-proxy.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";
import { plainly } from "../../../support/only-for.ts";

/** The memory of a control plane that marks its answers: state.json, and what ends it. */

const WAIT_MS = 60_000;
/** In the form of a control plane that marks nothing. */
const UNMARKED = json(401, failure("UNAUTHENTICATED", {}, null));
const WITHOUT_MARK = /answered 401: "Unauthorized", but without the mark that the control plane there had/;

function statePath({ home }: Pick<Scene, "home">): string {
  return join(home.dataDir, "state.json");
}

async function untilState(agent: AgentProcess, state: string) {
  return await agent.waitForStatus((status) => status.state === state, WAIT_MS);
}

/** The first agent was online, and has stopped. From now on, the server refuses without the mark. */
async function refusedAtRestart(spoil: (scene: Scene) => void = () => {}) {
  const scene = await setScene({}, marked(plainly));
  await untilState(scene.agent, "online");
  expect(await scene.agent.stop()).toBe(0);
  spoil(scene);
  scene.server.respond(UNMARKED);
  const agent = startAgent(scene.home);
  // A restarted agent spreads its first sync.
  await eventually(() => agent.post("retry"), { describe: "a socket", timeoutMs: WAIT_MS });
  const check = () => command(["check", "--online", "-c", scene.home.configPath]);
  return {
    scene,
    agent,
    check,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent("after a restart", { timeout: 180_000 }, () => {
  it("an origin that marked its answers is still known", async () => {
    await using place = await refusedAtRestart();
    const { scene, agent, check } = place;
    expect((await untilState(agent, "unreachable")).reason).toMatch(WITHOUT_MARK);
    expect(await check()).toMatchObject({ code: 2, stdout: expect.stringMatching(WITHOUT_MARK) });
    scene.server.respond(marked(plainly));
    await agent.post("retry");
    await untilState(agent, "online");
    expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it.each<[name: string, spoil: (scene: Scene) => void]>([
    ["is missing", (scene) => rmSync(statePath(scene))],
    ["is empty", (scene) => writeFileSync(statePath(scene), "")],
    [
      "is cut off",
      (scene) => writeFileSync(statePath(scene), readFileSync(statePath(scene), "utf8").slice(0, -40)),
    ],
    ["is zeroed", (scene) => writeFileSync(statePath(scene), Buffer.alloc(300))],
    ["is of an agent that knows no marks", (scene) => withoutMarks(scene, undefined)],
    ["has marks that are no origins", (scene) => withoutMarks(scene, ["cp", 7])],
  ])(
    "and state.json %s: the refusal counts, and the line doubts it and quotes the server",
    async (_name, spoil) => {
      await using place = await refusedAtRestart(spoil);
      const { scene, agent, check } = place;
      const { reason, key } = await untilState(agent, "key-refused");
      expect(reason).toMatch(/401, "Unauthorized".*or something in between refused the request/);
      expect((await check()).stdout).toMatch(/401, "Unauthorized".*or something in between/);
      scene.server.respond(marked(plainly));
      await agent.post("retry");
      expect((await untilState(agent, "online")).key?.fingerprint).toBe(key?.fingerprint);
      await eventually(() => readFileSync(statePath(scene), "utf8").includes(scene.server.url), {
        describe: "the mark is written",
      });
      scene.server.respond(UNMARKED);
      expect((await untilState(agent, "unreachable")).reason).toMatch(WITHOUT_MARK);
    },
  );

  it("and state.json cannot be written: the process itself remembers", async () => {
    await using place = await refusedAtRestart((scene) => {
      rmSync(statePath(scene));
      mkdirSync(join(statePath(scene), "taken"), { recursive: true });
    });
    const { scene, agent } = place;
    await untilState(agent, "key-refused");
    scene.server.respond(marked(plainly));
    await agent.post("retry");
    await untilState(agent, "online");
    await agent.waitForLine("state.unwritable", /^/, WAIT_MS);
    scene.server.respond(UNMARKED);
    expect((await untilState(agent, "unreachable")).reason).toMatch(WITHOUT_MARK);
  });
});

function withoutMarks(scene: Scene, markedOrigins: unknown): void {
  const memory: object = JSON.parse(readFileSync(statePath(scene), "utf8"));
  writeFileSync(statePath(scene), JSON.stringify({ ...memory, markedOrigins }));
}

describe.concurrent("a running agent", { timeout: 180_000 }, () => {
  it("takes an unmarked refusal for a verdict after an unmarked acceptance", async () => {
    await using scene = await setScene({}, marked(plainly));
    const { server, agent } = scene;
    await untilState(agent, "online");
    server.respond(UNMARKED);
    await untilState(agent, "unreachable");
    server.respond(plainly);
    await agent.post("retry");
    await untilState(agent, "online");
    server.respond(UNMARKED);
    expect((await untilState(agent, "key-refused")).reason).toContain("or something in between");
  });

  it("keeps what it knows of an origin while its file names another", async () => {
    await using scene = await setScene({}, marked(plainly));
    await using other = await startFaultyServer();
    const { server, agent, home, key } = scene;
    await untilState(agent, "online");
    other.respond(plainly);
    home.write({ url: other.url, key });
    await agent.waitForStatus(
      ({ state, controlPlane }) => state === "online" && controlPlane === other.url,
      WAIT_MS,
    );
    // This one marks nothing, so its refusal counts.
    other.respond(UNMARKED);
    await untilState(agent, "key-refused");
    server.respond(UNMARKED);
    home.write({ url: server.url, key });
    const { reason } = await agent.waitForStatus(
      ({ state, controlPlane }) => state === "unreachable" && controlPlane === server.url,
      WAIT_MS,
    );
    expect(reason).toMatch(WITHOUT_MARK);
  });

  it("tries a new key behind the gateway without a verdict on it", async () => {
    await using scene = await setScene({}, marked(plainly));
    const { server, agent, home } = scene;
    await untilState(agent, "online");
    server.respond(UNMARKED);
    await untilState(agent, "unreachable");
    home.write({ url: server.url, key: makeKey() });
    const { message } = await agent.waitForLine("config.untried", /^/, WAIT_MS);
    expect(message).toMatch(WITHOUT_MARK);
    server.respond(marked(plainly));
    await agent.waitForLine("key.rotated", /^/, WAIT_MS);
  });
});

describe.skipIf(LACKS_OWN_HOST)("behind a proxy", { timeout: 180_000 }, () => {
  it("the origin of the control plane is known, not that of the proxy", async () => {
    await using scene = await namedScene();
    const server = await scene.controlPlane();
    server.respond(marked(plainly));
    const listener = await scene.host.tcp("127.0.0.21", 3128);
    await using proxy = await startTestProxy({ targetPort: server.port, listener });
    scene.configure({}, 'proxy = "http://127.0.0.21:3128"');
    const agent = scene.start();
    await untilState(agent, "online");
    server.respond(UNMARKED);
    expect((await untilState(agent, "unreachable")).reason).toMatch(WITHOUT_MARK);
    proxy.setMode(403);
    server.cutConnections();
    await agent.post("retry");
    const { reason } = await agent.waitForStatus((status) => !WITHOUT_MARK.test(status.reason), WAIT_MS);
    expect(reason).toContain("127.0.0.21:3128");
    expect(reason).toContain("403");
    proxy.setMode("tunnel");
    await agent.post("retry");
    await agent.waitForStatus((status) => WITHOUT_MARK.test(status.reason), WAIT_MS);
    server.respond(marked(plainly));
    await agent.post("retry");
    await untilState(agent, "online");
    expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
    expect(readFileSync(join(scene.home.dataDir, "state.json"), "utf8")).toContain(`"https://${NAME}"\n`);
    await agent.stop();
  });
});
