import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { render, startAgent } from "../../support/agent/agent-process.ts";
import { type Scene, setOnlineScene, setScene } from "../../support/agent/agent-scene.ts";
import { failure, json } from "../../support/agent/behaviours.ts";
import type { Behaviour, Exchange } from "../../support/agent/faulty-server.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor, plainly } from "../../support/only-for.ts";

const hang = () => {};

/** What the agent is in the middle of when it is told to stop. */
const MIDDLES: readonly (readonly [
  name: string,
  bring: (scene: Scene) => Promise<unknown>,
  fromTheStart?: Behaviour,
])[] = [
  [
    "the first request, unanswered",
    async ({ server, agent }) => {
      await eventually(() => server.requests.length > 0, { describe: "a request", timeoutMs: 20_000 });
      expect((await agent.status()).state).toBe("connecting");
    },
    hang,
  ],
  [
    "a later request, unanswered",
    async (scene) => {
      await scene.agent.waitForLine("key.accepted");
      await hangNext(scene);
    },
  ],
  [
    "backoff",
    async ({ server, agent }) => {
      await agent.waitForLine("key.accepted");
      await server.stop();
      await agent.waitForLine("control-plane.unreachable");
    },
  ],
  [
    "a refusal",
    async ({ server, agent }) => {
      server.respond(json(401, failure("UNAUTHENTICATED")));
      await agent.waitForLine("key.refused");
    },
  ],
  [
    "a reload",
    async (scene) => {
      await scene.agent.waitForLine("key.accepted");
      await hangNext(scene);
      scene.agent.signal("SIGHUP");
      await scene.agent.waitForLine("reload.requested");
    },
  ],
  [
    "the trial of a new key",
    async ({ server, agent, home, key }) => {
      await agent.waitForLine("key.accepted");
      const fresh = makeKey();
      server.respond(onlyFor([key], hang));
      home.write({ url: server.url, key: fresh });
      const fingerprint = keyFingerprint(fresh);
      await eventually(() => server.requests.some((each) => each.keyFingerprint === fingerprint), {
        describe: "the new key is tried",
        timeoutMs: 20_000,
      });
    },
  ],
];

describe.concurrent("SIGTERM", () => {
  const middles = MIDDLES.map(([name, bring, fromTheStart]) => [name, bring, fromTheStart] as const);
  it.each(middles)(
    "in the middle of %s: ends with 0, and does not wait for the answer",
    async (_name, bring, behaviour) => {
      await using scene = await setScene({}, behaviour);
      const { agent } = scene;
      await agent.waitForLine("agent.started", /^/, 20_000);
      await bring(scene);
      const from = agent.lines.length;
      expect(await agent.stop(), render(agent.lines)).toBe(0);
      // If it had waited for the request, it would say here that there was no answer within 10 s.
      expect(agent.lines.slice(from).map(({ event }) => event)).toEqual(["agent.stopped"]);
    },
  );

  it("lets a sync that is on its way come to its end", async () => {
    await using scene = await setOnlineScene();
    const { server, agent } = scene;
    let wasHeard = false;
    const began = new Promise<void>((resolve) => {
      server.respond((exchange) => {
        resolve();
        exchange.response.on("finish", () => {
          wasHeard = true;
        });
        setTimeout(() => plainly(exchange), 400);
      });
    });
    await began;
    expect(await agent.stop()).toBe(0);
    expect(wasHeard).toBe(true);
  });

  it("tells the control plane, and does not wait for one that does not answer", async () => {
    await using scene = await setOnlineScene();
    const { server, agent } = scene;
    const isSignOff = ({ request }: Exchange) => request.operationName === "SignOffExecutor";
    server.respond((exchange) => (isSignOff(exchange) ? hang() : plainly(exchange)));
    expect(await agent.stop(), render(agent.lines)).toBe(0);
    const told = server.requests.filter(({ operationName }) => operationName === "SignOffExecutor");
    expect(told).toMatchObject([{ keyFingerprint: keyFingerprint(scene.key) }]);
    expect(agent.lines.at(-1)?.event).toBe("agent.stopped");
  });

  it("tells nobody if the executor is not online", async () => {
    await using scene = await setOnlineScene();
    const { server, agent } = scene;
    server.respond(json(503, {}));
    await agent.waitForLine("control-plane.unreachable");
    expect(await agent.stop()).toBe(0);
    expect(server.requests.map(({ operationName }) => operationName)).not.toContain("SignOffExecutor");
  });

  it("with its echo a moment later (npm, a shell) still ends it cleanly", async () => {
    await using scene = await setOnlineScene();
    await hangNext(scene);
    const { agent } = scene;
    const from = agent.lines.length;
    agent.signal("SIGINT");
    agent.signal("SIGTERM");
    expect(await agent.exited()).toEqual({ code: 0, signal: null });
    expect(agent.lines.slice(from).map(({ event }) => event)).toEqual(["agent.stopped"]);
  });

  it("and SIGINT do the same", async () => {
    await using scene = await setOnlineScene();
    scene.agent.signal("SIGINT");
    expect(await scene.agent.exited()).toEqual({ code: 0, signal: null });
  });
});

describe.concurrent("SIGHUP", () => {
  it("before the agent is ready is survived", async () => {
    await using scene = await setScene();
    const { agent } = scene;
    await eventually(() => catchesHangup(agent.pid), {
      describe: "a handler",
      timeoutMs: 20_000,
    });
    agent.signal("SIGHUP");
    await agent.waitForLine("key.accepted", /^/, 20_000);
    expect(await agent.stop()).toBe(0);
  });

  it("takes a good file without waiting for it to settle", async () => {
    await using scene = await setOnlineScene();
    const { agent, home, server } = scene;
    const fresh = makeKey();
    server.respond(onlyFor([scene.key, fresh]));
    home.write({ url: server.url, key: fresh });
    agent.signal("SIGHUP");
    await agent.waitForLine("key.rotated");
    expect(agent.lines.map(({ event }) => event)).toContain("reload.requested");
    expect((await agent.status()).key?.fingerprint).toBe(keyFingerprint(fresh));
  });

  it("with a bad file says what is wrong with it, at once, and changes nothing that runs", async () => {
    await using scene = await setOnlineScene();
    const { agent, home, key } = scene;
    writeFileSync(home.configPath, '[control_plane]\nurl = "https://cp.example.com"\nacces_token = "x"\n');
    const status = await agent.post("reload");
    const line = await agent.waitForLine("config.invalid");
    expect(line.message).toMatch(
      /agent\.toml:3:1: control_plane\.acces_token: unknown setting\. Rename acces_token to access_token\./,
    );
    expect(line.message).toContain("Still online with key");
    expect(status).toMatchObject({ state: "online", key: { fingerprint: keyFingerprint(key) } });
    expect(status.pendingChange).toMatchObject({ state: "unusable" });
  });

  it("without anything to decide on is answered at once", async () => {
    await using scene = await setScene({ environment: { INVOCATION_ID: "test" } });
    const { agent, home } = scene;
    await agent.waitForLine("key.accepted", /^/, 20_000);
    await agent.stop();
    writeFileSync(home.configPath, "[");
    await using second = await waiting(home);
    // A reload that waits for an answer gives up after 9 s. This question is open for 8 s.
    const open = second.ask("GET", `/status?key=00000000&timeoutMs=8000`).then(() => "the question");
    const reload = second.post("reload").then(({ state }) => state);
    expect(await Promise.race([open, reload])).toBe("config-invalid");
    await second.stop();
    await open.catch(() => {});
  });
});

it("a journal that went away does not end the agent", async () => {
  await using scene = await setOnlineScene();
  const { agent, server } = scene;
  agent.child.stdout?.destroy();
  server.respond(json(401, failure("UNAUTHENTICATED")));
  await agent.waitForStatus((status) => status.state === "key-refused");
  server.respond(onlyFor([scene.key]));
  await agent.waitForStatus((status) => status.state === "online", 20_000);
  expect(await agent.stop()).toBe(0);
});

async function hangNext({ server }: Scene): Promise<void> {
  server.respond(hang);
  const before = server.requests.length;
  await eventually(() => server.requests.length > before, { describe: "a request", timeoutMs: 20_000 });
}

async function waiting(home: Scene["home"]) {
  // Without a configuration the folders are those that systemd names in the environment.
  const environment = {
    INVOCATION_ID: "test",
    RUNTIME_DIRECTORY: home.runtimeDir,
    STATE_DIRECTORY: home.dataDir,
  };
  const agent = startAgent({ ...home, environment });
  await eventually(() => agent.status().then(() => true), { describe: "a socket", timeoutMs: 20_000 });
  return agent;
}

/** proc_pid_status(5): SigCgt, one bit for each signal; SIGHUP is the first. */
function catchesHangup(pid: number): boolean {
  const mask = readFileSync(`/proc/${pid}/status`, "utf8").match(/SigCgt:\s*(\w+)/)?.[1] ?? "0";
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
