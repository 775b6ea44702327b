import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { agentHome, render, startAgent } from "../../support/agent/agent-process.ts";
import { setOnlineScene } from "../../support/agent/agent-scene.ts";
import { command } from "../../support/agent/command.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** What the socket answers to these bytes, until it closes the connection. */
function send(path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

function get(target: string, method = "GET"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n`;
}

describe("a socket that is removed while the agent runs", () => {
  it("comes back by itself, also after its folder was away", async () => {
    await using scene = await setOnlineScene();
    const { runtimeDir } = scene.home;
    const path = join(runtimeDir, "agent.sock");
    rmSync(path);
    await scene.agent.waitForLine("socket.restored", /agent\.sock was removed/);
    expect((await scene.agent.status()).state).toBe("online");

    rmSync(runtimeDir, { recursive: true });
    writeFileSync(runtimeDir, "in the way");
    await scene.agent.waitForLine("socket.lost", /cannot be made again.*novacula-agent restart/);
    rmSync(runtimeDir);
    // Who is connected still has the old one, so an answer alone does not show the new one.
    const restored = () => scene.agent.lines.filter(({ event }) => event === "socket.restored").length;
    await expect.poll(restored, { timeout: 15_000 }).toBe(2);
    expect((await scene.agent.waitForStatus(() => true)).pid).toBe(scene.agent.pid);
    expect(scene.agent.lines.filter(({ event }) => event === "socket.lost")).toHaveLength(1);
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
  });
});

describe("the lock", () => {
  it("a second agent is told the PID of the first, and ends with 1; the first does not notice", async () => {
    await using scene = await setOnlineScene();
    await using second = startAgent(scene.home);
    expect((await second.exited()).code).toBe(1);
    expect(render(second.lines)).toContain(
      `another novacula-agent runs already (PID ${scene.agent.pid}, user `,
    );
    expect((await scene.agent.status()).pid).toBe(scene.agent.pid);
  });

  it("a socket that a dead agent left behind is taken over", async () => {
    await using scene = await setOnlineScene();
    scene.agent.signal("SIGKILL");
    await scene.agent.exited();
    expect(lstatSync(join(scene.home.runtimeDir, "agent.sock")).isSocket()).toBe(true);
    await using next = startAgent(scene.home);
    await next.waitForLine("agent.started", /^/, 20_000);
    expect((await next.waitForStatus(() => true)).pid).toBe(next.pid);
  });

  it("a program that listens without being the agent is left alone, and the agent ends in words", async () => {
    const home = agentHome(tempDir());
    home.write({ url: "http://127.0.0.1:9", key: makeKey() });
    mkdirSync(home.runtimeDir);
    const holder = createServer((socket) => socket.on("error", () => undefined).destroy());
    const path = join(home.runtimeDir, "agent.sock");
    await new Promise<void>((resolve) => holder.listen(path, resolve));
    onTestFinished(() => void holder.close());
    await using second = startAgent(home);
    expect((await second.exited()).code).toBe(1);
    expect(render(second.lines)).toContain(`another program listens on ${path}: stop it, or`);
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  it("a clean end takes the socket away", async () => {
    await using scene = await setOnlineScene();
    await scene.agent.stop();
    expect(() => lstatSync(join(scene.home.runtimeDir, "agent.sock"))).toThrow("ENOENT");
  });

  it("a folder that cannot be made is said, with the setting to change", async () => {
    const folder = tempDir();
    const home = agentHome(folder);
    writeFileSync(join(folder, "a-file"), "");
    const toml = home.toml({ url: "http://127.0.0.1:9", key: makeKey() });
    writeFileSync(home.configPath, toml.replace(home.runtimeDir, join(folder, "a-file", "run")), {
      mode: 0o600,
    });
    await using agent = startAgent(home);
    expect((await agent.exited()).code).toBe(1);
    expect(render(agent.lines)).toMatch(
      /cannot create agent\.runtime_dir .*a-file\/run: .*a-file is not a folder .* Fix: set it to another folder/,
    );
  });
});

it("a folder in the place of the socket is named, with the command that moves it", async () => {
  const home = agentHome(tempDir());
  const path = join(home.runtimeDir, "agent.sock");
  mkdirSync(join(path, "inside"), { recursive: true });
  writeFileSync(home.configPath, home.toml({ url: "http://127.0.0.1:9", key: makeKey() }), { mode: 0o600 });
  await using agent = startAgent(home);
  expect((await agent.exited()).code).toBe(1);
  const said = render(agent.lines);
  expect(said).toContain(
    `cannot listen on ${path}: a folder or a link is in its place (ERR_FS_EISDIR). Fix: move it away:`,
  );
  expect(said).toContain(`sudo mv -bT ${path} ${path}.old`);
});

/** A folder below `base` whose path has so many bytes, made of `unit`. */
function folderOfBytes(base: string, bytes: number, unit: string): string {
  const room = bytes - Buffer.byteLength(base) - 1;
  const name = unit.repeat(Math.floor(room / Buffer.byteLength(unit)));
  return `${base}/${"x".repeat(room - Buffer.byteLength(name))}${name}`;
}

/** An agent that has this folder for its socket. */
function homeWithRuntimeDir(runtimeDirOf: (base: string) => string) {
  const base = tempDir();
  const home = agentHome(base);
  const runtimeDir = runtimeDirOf(base);
  const toml = home.toml({ url: "http://127.0.0.1:9", key: makeKey() });
  writeFileSync(home.configPath, toml.replace(home.runtimeDir, runtimeDir), { mode: 0o600 });
  return { configPath: home.configPath, runtimeDir };
}

describe("a runtime_dir whose socket would have", () => {
  it.each([
    ["108 bytes", 97, "r"],
    ["109 bytes", 98, "r"],
    ["108 bytes, of letters with two", 97, "\u00fc"],
    ["109 bytes, of characters with four", 98, "\u{1f511}"],
    ["120 bytes, of short names", 109, "r/"],
    ["a path of 1000 bytes", 989, `${"r".repeat(99)}/`],
  ])("%s is refused as that, and no other agent is blamed", async (_what, bytes, unit) => {
    const home = homeWithRuntimeDir((base) => folderOfBytes(base, bytes, unit));
    await using agent = startAgent(home);
    expect((await agent.exited()).code).toBe(78);
    const check = await command(["check", "-c", home.configPath]);
    expect(check.code).toBe(1);
    const status = await command(["status", "-c", home.configPath]);
    for (const said of [render(agent.lines), check.stdout]) {
      expect(said).toMatch(/agent\.runtime_dir: is .*It must be a shorter folder, of at most 96 bytes/u);
    }
    for (const said of [render(agent.lines), check.output, status.output]) {
      expect(said).not.toMatch(/another novacula-agent|EINVAL|EADDRINUSE/u);
    }
  });

  it.each([
    ["107 bytes", 96, "r"],
    ["107 bytes, of letters with two", 96, "\u00fc"],
    ["107 bytes, of short names", 96, "r/"],
  ])("%s is used, and commands find it", async (_what, bytes, unit) => {
    const home = homeWithRuntimeDir((base) => folderOfBytes(base, bytes, unit).replace(/\/$/u, "r"));
    await using agent = startAgent(home);
    const { pid } = await agent.waitForStatus(() => true, 20_000);
    expect(pid).toBe(agent.pid);
    const status = await command(["status", "--json", "-c", home.configPath]);
    expect(JSON.parse(status.stdout)).toMatchObject({ pid: agent.pid });
  });
});

describe("the socket", () => {
  it("is for its owner and its group", async () => {
    await using scene = await setOnlineScene();
    expect(statSync(join(scene.home.runtimeDir, "agent.sock")).mode & 0o777).toBe(0o660);
  });

  it("answers what it knows, says so of what it does not, and survives what is no request", async () => {
    await using scene = await setOnlineScene();
    const path = join(scene.home.runtimeDir, "agent.sock");
    expect(await send(path, get("/status"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await send(path, get("/stat"))).toMatch(/^HTTP\/1\.1 404 .*no such operation/s);
    expect(await send(path, get("/status", "DELETE"))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await send(path, get("//"))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await send(path, get("/status?key=%00%0a<0>&timeoutMs=nonsense"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await send(path, "\u0000\u0001 what is this\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect((await scene.agent.status()).state).toBe("online");
    expect(scene.agent.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("keeps a question for a key open until the executor is on it, or the time is up", async () => {
    await using scene = await setOnlineScene();
    const { home, server, key } = scene;
    const path = join(home.runtimeDir, "agent.sock");
    const fresh = makeKey();
    server.respond(onlyFor([key, fresh]));
    const waiting = send(path, get(`/status?key=${keyFingerprint(fresh)}&timeoutMs=10000`));
    const from = performance.now();
    const inVain = await send(path, get(`/status?key=${keyFingerprint(fresh)}&timeoutMs=200`));
    expect(performance.now() - from).toBeGreaterThanOrEqual(190);
    expect(inVain).toContain(`"fingerprint":"${keyFingerprint(key)}"`);
    home.write({ url: server.url, key: fresh });
    expect(await waiting).toContain(`"fingerprint":"${keyFingerprint(fresh)}"`);
  });

  it("a stop does not wait for those who wait", async () => {
    await using scene = await setOnlineScene();
    const waiting = send(
      join(scene.home.runtimeDir, "agent.sock"),
      get("/status?key=00000000&timeoutMs=60000"),
    );
    // Answered after it, so the agent has that question.
    await scene.agent.status();
    // They would wait for longer than the test may.
    expect(await scene.agent.stop()).toBe(0);
    await waiting;
  });
});
