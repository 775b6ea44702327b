import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type AgentHome,
  type AgentProcess,
  agentHome,
  render,
  startAgent,
} from "../../support/agent/agent-process.ts";
import { setOnlineScene } from "../../support/agent/agent-scene.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { lacks } from "../../support/requires.ts";
import { rootOnlyDir, tempDir } from "../../support/temp-dir.ts";

const NOBODY = 65534;
const LIMIT_MS = 60_000;

/** A host without a control plane. */
function idleHome(folder = tempDir()): AgentHome {
  const home = agentHome(folder);
  home.write({ url: "http://127.0.0.1:9", key: makeKey() });
  return home;
}

async function started(home: AgentHome, uid?: number): Promise<AgentProcess> {
  const agent = startAgent({ ...home, ...(uid !== undefined && { uid }) });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  await agent.waitForLine("agent.started", /^/, LIMIT_MS);
  return agent;
}

/** The names of the Unix sockets of a process; abstract ones begin with @: unix(7). */
function socketNames(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)));
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/u.exec(link)?.[1] ?? []));
  return readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/u))
    .flatMap(([, , , , , , inode = "", name = ""]) => (own.has(inode) && name !== "" ? [name] : []));
}

/** Ends with 1, and says whom to stop. */
async function expectRefused(other: AgentProcess, holder: AgentProcess): Promise<void> {
  expect((await other.exited()).code).toBe(1);
  expect(render(other.lines)).toMatch(
    new RegExp(
      `another novacula-agent runs already \\(PID ${holder.pid}, user [\\w-]+(, unit \\S+)?, since \\d{4}-\\d\\d-\\d\\d [\\d:]+ UTC, with (data|runtime)_dir /`,
      "u",
    ),
  );
}

describe("one agent for each data_dir", () => {
  it("of 20 that start at once over what a killed one left, one runs, and the others name it", async () => {
    const home = idleHome();
    const killed = await started(home);
    killed.signal("SIGKILL");
    await killed.exited();
    const agents = Array.from({ length: 20 }, () => startAgent(home));
    await using stack = new AsyncDisposableStack();
    for (const agent of agents) {
      stack.use(agent);
    }
    const running = await eventually(() => onlyOneLeft(agents), {
      timeoutMs: 120_000,
      describe: "one agent",
    });
    for (const other of agents.filter((agent) => agent !== running)) {
      await expectRefused(other, running);
    }
    expect((await running.waitForStatus(() => true, LIMIT_MS)).pid).toBe(running.pid);
  }, 180_000);

  it("and the command that stops the other one is a line of its own", async () => {
    const home = idleHome();
    const holder = await started(home);
    await using second = startAgent(home);
    expect((await second.exited()).code).toBe(1);
    const [, command = "false"] = /: +(?:sudo )?(kill \d+)$/mu.exec(render(second.lines)) ?? [];
    execFileSync("sh", ["-c", command]);
    expect((await holder.exited()).code).toBe(0);
  });

  it("also where another has a runtime_dir of its own, as two containers with one volume have", async () => {
    const home = idleHome();
    const first = await started(home);
    const own = agentHome(tempDir());
    const toml = readFileSync(home.configPath, "utf8").replace(home.runtimeDir, own.runtimeDir);
    writeFileSync(own.configPath, toml, { mode: 0o600 });
    await using second = startAgent(own);
    await expectRefused(second, first);
    expect(lstatSync(own.runtimeDir, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("also by another name of the folder", async () => {
    const home = idleHome();
    const first = await started(home);
    const own = agentHome(tempDir());
    rmSync(own.dataDir, { recursive: true });
    symlinkSync(home.dataDir, own.dataDir);
    own.write({ url: "http://127.0.0.1:9", key: makeKey() });
    await using second = startAgent(own);
    await expectRefused(second, first);
  });

  it("while the holder is stopped; and the next starts when it was killed", async () => {
    const home = idleHome();
    const holder = await started(home);
    holder.signal("SIGSTOP");
    await using second = startAgent(home);
    await expectRefused(second, holder);
    holder.signal("SIGKILL");
    await holder.exited();
    const next = await started(home);
    expect((await next.status()).pid).toBe(next.pid);
  });

  it("two with folders of their own run side by side", async () => {
    const [one, two] = [await started(idleHome()), await started(idleHome())];
    expect((await one.status()).pid).toBe(one.pid);
    expect((await two.status()).pid).toBe(two.pid);
  });

  it("two with one runtime_dir do not, though each has its own data_dir", async () => {
    const home = idleHome();
    const first = await started(home);
    const own = agentHome(tempDir());
    const toml = readFileSync(home.configPath, "utf8").replace(home.dataDir, own.dataDir);
    writeFileSync(own.configPath, toml, { mode: 0o600 });
    await using second = startAgent(own);
    await expectRefused(second, first);
    expect((await first.status()).pid).toBe(first.pid);
  });

  it("a lock of 0600 that stays, and is taken again where it was removed while free", async () => {
    const home = idleHome();
    const lock = join(home.dataDir, "agent.lock");
    const first = await started(home);
    expect(statSync(lock).mode & 0o777).toBe(0o600);
    await first.stop();
    expect(statSync(lock).isFile()).toBe(true);
    rmSync(lock);
    await started(home);
    expect(statSync(lock).isFile()).toBe(true);
  });

  it.each([
    ["a link", (path: string) => symlinkSync("/etc/novacula-no-such-file", path), "cannot open"],
    ["a folder", (path: string) => mkdirSync(path), "cannot open"],
  ])("%s in the lock's place is said, and not followed", async (_what, put, says) => {
    const home = idleHome();
    put(join(home.dataDir, "agent.lock"));
    await using agent = startAgent(home);
    expect((await agent.exited()).code).toBe(1);
    expect(render(agent.lines)).toContain(`${says} ${home.dataDir}/agent.lock`);
    expect(lstatSync("/etc/novacula-no-such-file", { throwIfNoEntry: false })).toBeUndefined();
  });

  it("a data_dir in which nothing can be made keeps the agent from nothing, and is said", async () => {
    const home = idleHome();
    // Not even root makes a folder there.
    const dataDir = "/sys/novacula-data";
    writeFileSync(home.configPath, readFileSync(home.configPath, "utf8").replace(home.dataDir, dataDir));
    const agent = await started(home);
    expect(render(agent.lines)).toMatch(
      /state\.unwritable.* would not notice a second one on this host: cannot create agent\.data_dir \/sys\/novacula-data: /u,
    );
  });

  it("a lock that a program holds which is no agent: nobody is called one, and a command finds it", async () => {
    const home = idleHome();
    const lock = join(home.dataDir, "agent.lock");
    mkdirSync(home.dataDir, { recursive: true });
    const holder = spawn("flock", ["-x", lock, "-c", "echo held; exec cat"]);
    onTestFinished(() => void holder.stdin.end());
    await once(holder.stdout, "data");
    await using agent = startAgent(home);
    expect((await agent.exited()).code).toBe(1);
    const said = render(agent.lines);
    expect(said).toContain("another novacula-agent, or a program that locks its files, holds the lock");
    const [look = "false"] = /lslocks .*$/mu.exec(said) ?? [];
    expect(execFileSync("sh", ["-c", look], { encoding: "utf8" })).toContain(lock);
  });

  it("without flock(1) nothing starts, and it says what to install", async () => {
    const home = idleHome();
    await using agent = startAgent({ ...home, environment: { PATH: tempDir() } });
    expect((await agent.exited()).code).toBe(1);
    expect(render(agent.lines)).toContain("this host has no flock: install util-linux");
  });

  it("depends on no name that every user may bind: it binds none, and asks nobody at one", async () => {
    const home = idleHome();
    mkdirSync(home.runtimeDir, { recursive: true });
    const { dev, ino } = statSync(home.runtimeDir);
    let questions = 0;
    const squatter = createServer((socket) => {
      questions += 1;
      socket.destroy();
    });
    squatter.listen(`\0novacula-agent/${dev}/${ino}`);
    onTestFinished(() => void squatter.close());
    const agent = await started(home);
    const names = socketNames(agent.pid);
    // Its own socket is there, under the name that it had before it was moved into its place.
    expect(names.filter((name) => name.startsWith(home.runtimeDir))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith("@"))).toEqual([]);
    expect(questions).toBe(0);
  });
});

describe("the socket", () => {
  it("of another is not removed by one that stops", async () => {
    await using scene = await setOnlineScene();
    const path = join(scene.home.runtimeDir, "agent.sock");
    rmSync(path);
    const other = createServer((socket) => socket.end("other"));
    await new Promise<void>((resolve) => other.listen(path, resolve));
    onTestFinished(() => void other.close());
    expect(await scene.agent.stop()).toBe(0);
    expect(lstatSync(path).isSocket()).toBe(true);
    const said = await new Promise<string>((resolve) =>
      connect(path).on("data", (data) => resolve(`${data}`)),
    );
    expect(said).toBe("other");
  });
});

describe.skipIf(lacks("root, who runs it", process.geteuid?.() === 0))("as root on a user's data_dir", () => {
  it("the agent is that user's: same lock, and no file of root's", async () => {
    const folder = rootOnlyDir();
    chmodSync(folder, 0o755);
    const home = idleHome(folder);
    chownSync(home.configPath, 0, NOBODY);
    chmodSync(home.configPath, 0o640);
    chownSync(home.dataDir, NOBODY, NOBODY);
    const asRoot = await started(home);
    expect(render(asRoot.lines)).toContain("so the agent runs as nobody, not as root");
    await using asUser = startAgent({ ...home, uid: NOBODY });
    await expectRefused(asUser, asRoot);
    await asRoot.post("allow-new-organization");
    await asRoot.stop();
    for (const path of [
      home.runtimeDir,
      join(home.runtimeDir, "agent.sock.lock"),
      join(home.dataDir, "agent.lock"),
    ]) {
      expect([path, statSync(path).uid]).toEqual([path, NOBODY]);
    }
    await started(home, NOBODY);
    await using again = startAgent(home);
    expect((await again.exited()).code).toBe(1);
  });

  it("what that user cannot read is said, as by its own start", async () => {
    const folder = rootOnlyDir();
    chmodSync(folder, 0o755);
    const home = idleHome(folder);
    chownSync(home.dataDir, NOBODY, NOBODY);
    await using agent = startAgent(home);
    expect((await agent.exited()).code).toBe(78);
    expect(render(agent.lines)).toContain("cannot be read by");
  });
});

function onlyOneLeft(agents: readonly AgentProcess[]): AgentProcess | undefined {
  const left = agents.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  return left.length === 1 ? left[0] : undefined;
}
