import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { agentStatusSchema } from "../../../../src/agent/daemon/status/status.ts";
import { errorCode } from "../../../../src/lib/errors.ts";
import { command } from "../../../support/agent/command.ts";
import { noteKeys, startDev } from "../../../support/agent/dev-process.ts";
import { freePort, portOf } from "../../../support/free-port.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { ROOT } from "../../../support/source-files.ts";
import { HOST_BASE, temporaryDirectory } from "../../../support/temp-dir.ts";

// Each is four processes.
vi.setConfig({ maxConcurrency: 2 });

describe.concurrent("dev", { timeout: 90_000 }, () => {
  it("ends with the agent online, and what it prints can be pasted to rotate the key", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const folder = join(directory.path, "dev");
    await using first = startDev(folder);
    const before = await first.fingerprint();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "agent.toml")).mode & 0o777).toBe(0o600);
    expect(first.output()).not.toContain("\u001b");
    // It needs a browser: dev-page.test.ts.
    expect(first.output()).toMatch(/^ {2}http:\/\/127\.0\.0\.1:\d+\/sign-in#[\w-]{43}$/mu);
    // Started from source, both programs are compiled once. Nobody else can write to that folder.
    const cache = `NODE_COMPILE_CACHE=${join(ROOT, ".cache/node-compile")}`;
    const environments = first.environments();
    expect(environments.filter((variables) => variables.includes(cache))).toHaveLength(2);
    // No terminal, so nobody could press Enter.
    expect(first.output()).not.toContain("Press Enter");

    const [issueAndSet = "", revoke = "", status = "", list = ""] = first.commands();
    const handedOver = await shell(issueAndSet);
    expect(handedOver).toMatch(/^Executor agent-1 is online with key (\w{8}) /mu);
    expect(handedOver).toContain(`The old key ${before} `);
    await first.waitFor(/key\.rotated: Switched to key/u);
    expect(await shell(revoke)).toContain("Revoked key dev");
    expect(await shell(status)).toMatch(/^Online with key \w{8} \(second, /u);
    expect(await shell(list)).toMatch(/second .*active.*dev .*revoked/su);

    expect(await first.end("SIGINT", "group")).toBe(0);
    expect(first.output()).toContain("agent.stopped: Stopped, because systemd or a person ended it.");
    expect(first.isAnyoneLeft()).toBe(false);
    noteKeys(folder);

    // A second run goes on where the first one was, with the same key.
    await using second = startDev(folder);
    expect(await second.fingerprint()).toBe(/online with key (\w{8})/u.exec(handedOver)?.[1]);
    expect(second.output()).not.toContain("Issued");
    expect(await second.end("SIGTERM", "alone")).toBe(0);
    expect(second.isAnyoneLeft()).toBe(false);
  });

  it("issues another key where the one in the file is dead", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const folder = join(directory.path, "dev");
    const port = await freePort();
    await using first = startDev(folder, port);
    const before = await first.fingerprint();
    await shell(`${first.commands()[1]} --yes`);
    await first.waitFor(/key\.refused/u);
    await first.waitFor(
      new RegExp(
        `^control plane: A key was refused \\(401 revoked\\): key ${before}, .* Its refusals of the next minute`,
        "mu",
      ),
    );
    expect(await first.end("SIGINT", "alone")).toBe(0);
    expect(first.isAnyoneLeft()).toBe(false);
    // And where the whole control plane is another one, with an organization of its own.
    for (const name of ["control-plane.db", "control-plane.db-shm", "control-plane.db-wal"]) {
      rmSync(join(folder, name), { force: true });
    }
    await using second = startDev(folder, port);
    expect(await second.fingerprint()).not.toBe(before);
    expect(await second.end("SIGINT", "group")).toBe(0);
  });

  it("ends everything with the reason when one of the two dies", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    await using dev = startDev(join(directory.path, "dev"), await freePort());
    await dev.fingerprint();
    const { stdout } = await command(["status", "--json", "-c", dev.configPath]);
    process.kill(agentStatusSchema.parse(JSON.parse(stdout)).pid, "SIGKILL");
    expect(await dev.ended()).toBe(1);
    expect(dev.output()).toContain("The agent ended by SIGKILL. Stopping both programs.");
    expect(dev.isAnyoneLeft()).toBe(false);
  });

  it("runs once in a folder, and says who is there", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const folder = join(directory.path, "dev");
    const port = await freePort();
    await using dev = startDev(folder, port);
    await dev.fingerprint();
    const { code, stderr } = await command(["dev", "--directory", folder]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/novacula-agent dev already runs in \S+ \(its agent is PID \d+\)/u);
    expect(await dev.end("SIGHUP", "alone")).toBe(0);
    expect(dev.isAnyoneLeft()).toBe(false);
  });

  it("shares the machine with one that starts at the same moment", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    await using one = startDev(join(directory.path, "one"));
    await using other = startDev(join(directory.path, "other"));
    await Promise.all([one.fingerprint(), other.fingerprint()]);
    const [first, second] = [one, other].map((dev) => /listens on (\S+)\.$/mu.exec(dev.output())?.[1]);
    expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    expect(second).not.toBe(first);
    expect(await Promise.all([one.end("SIGINT", "group"), other.end("SIGINT", "group")])).toEqual([0, 0]);
  });

  it("takes another port without a word where its own is taken before it listens", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const { dev, port, other } = await startAndLosePort(directory.path);
    await using _dev = dev;
    await using _other = other;
    await dev.fingerprint();
    expect(dev.output()).not.toMatch(/EADDRINUSE|cannot listen|ended/u);
    expect(dev.output()).not.toContain(`listens on http://127.0.0.1:${port}.`);
    expect(await dev.end("SIGINT", "group")).toBe(0);
  });

  it("says why its control plane ends where it is not the port", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const folder = join(directory.path, "dev");
    mkdirSync(join(folder, "control-plane.db"), { recursive: true });
    const { code, stderr } = await command([
      "dev",
      "--directory",
      folder,
      "--port",
      String(await freePort()),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^control plane: .*control-plane\.db.*\n.*The control plane ended with exit code \d+\./mu,
    );
  });

  it("ends in order, without a complaint, when it is interrupted while it starts", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    await using dev = startDev(join(directory.path, "dev"), await freePort());
    await dev.waitFor(/The control plane listens/u);
    expect(await dev.end("SIGINT", "group"), dev.output()).toBe(0);
    expect(dev.output()).not.toContain("novacula-agent: ");
    expect(dev.isAnyoneLeft()).toBe(false);
  });

  it("finds room for its sockets where the folder's path is too long for them", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    await using dev = startDev(join(directory.path, "d".repeat(120)), await freePort());
    await dev.fingerprint();
    const text = readFileSync(dev.configPath, "utf8");
    const sockets = /runtime_dir = "(.*\/novacula-dev-\w{12})"/u.exec(text)?.[1] ?? "";
    expect(statSync(sockets).mode & 0o777).toBe(0o700);
    expect(await dev.end("SIGINT", "group")).toBe(0);
    rmSync(sockets, { recursive: true });
  });

  it("refuses a port that is taken, and a file that it cannot use", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    await using server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = portOf(server);
    const taken = await command(["dev", "--directory", join(directory.path, "dev"), "--port", String(port)]);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(
      `port ${port} is in use. Fix: use another one with --port, or leave the option out`,
    );
    const folder = directory.path;
    writeFileSync(join(folder, "agent.toml"), "[agnet]\n");
    const invalid = await command(["dev", "--directory", folder]);
    expect(invalid.code).toBe(1);
    const elsewhere = '[control_plane]\nurl = "https://cp.example.com"\n';
    writeFileSync(join(folder, "agent.toml"), elsewhere, { mode: 0o600 });
    const other = await command(["dev", "--directory", folder]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(
      "is for https://cp.example.com, not for the control plane of dev. Fix: delete it",
    );
    expect(invalid.stderr).toMatch(
      /agent\.toml is not valid\. Fix: correct or delete it\.\n.*Rename \[\S+\] to \[agent\]\./su,
    );
  });
});

/** `dev`, whose port somebody else took between its look and its listening. Now and then it is the faster one: then again. */
async function startAndLosePort(path: string) {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const { folder, port } = await usedPort(join(path, String(attempt)));
    const dev = startDev(folder);
    const other = await takeOnce(port, join(folder, "control-plane.db"));
    if (other !== undefined) {
      return { dev, port, other };
    }
    await dev[Symbol.asyncDispose]();
  }
  throw new Error("dev listened before its port could be taken, five times");
}

/** A folder of a run before, which listened on `port`: the next one looks there first. */
async function usedPort(path: string): Promise<{ readonly folder: string; readonly port: number }> {
  const folder = join(path, "dev");
  const port = await freePort();
  await using before = startDev(folder, port);
  await before.fingerprint();
  await before.end("SIGINT", "group");
  rmSync(join(folder, "control-plane.db"));
  return { folder, port };
}

/** Listens on `port` as soon as there is that file: the port has been looked at, and is not in use yet. Undefined: it is. */
async function takeOnce(port: number, path: string): Promise<Server | undefined> {
  const limit = AbortSignal.timeout(20_000);
  while (!existsSync(path)) {
    await delay(1, undefined, { signal: limit });
  }
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    return server;
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") {
      throw error;
    }
    return undefined;
  }
}

async function shell(line: string): Promise<string> {
  const child = spawn("sh", ["-c", line], { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (stderr !== "") {
    throw new Error(`${line}: ${stderr}`);
  }
  return stdout;
}
