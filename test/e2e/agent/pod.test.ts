import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { type AgentHome, agentHome, startAgent } from "../../support/agent/agent-process.ts";
import { type FaultyServer, startFaultyServer } from "../../support/agent/faulty-server.ts";
import { SecretVolume } from "../../support/agent/secret-volume.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { AGENT } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

const POD = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };

interface Pod {
  readonly home: AgentHome;
  readonly server: FaultyServer;
  readonly volume: SecretVolume;
}

/** No agent.toml yet, and the volume of a Secret that does not exist yet. */
async function pod(): Promise<Pod> {
  const folder = tempDir();
  const server = await startFaultyServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const home = agentHome(folder);
  const volume = new SecretVolume(join(folder, "secret"));
  return { home, server, volume };
}

it.each([
  ["in a pod", { environment: POD }],
  ["with --wait", { runOptions: ["--wait"] }],
])(
  "%s it waits for a Secret that comes late, and takes each new one without a restart",
  async (_where, how) => {
    const { home, server, volume } = await pod();
    const [first, second] = [makeKey(), makeKey()];
    server.respond(onlyFor([first, second]));
    home.write({ url: server.url, keyFile: volume.path("key") });
    await using agent = startAgent({ ...home, ...how });
    await agent.waitForLine("key.unusable", /does not exist/);
    volume.write({ key: `${first}\n` });
    await agent.waitForLine("key.accepted");
    volume.write({ key: second });
    await agent.waitForLine("key.rotated");
    expect(agent.child.exitCode).toBeNull();
    expect(await agent.stop()).toBe(0);
  },
);

it("it waits for a configuration that is missing or wrong", async () => {
  const { home, server, volume } = await pod();
  const key = makeKey();
  server.respond(onlyFor([key]));
  volume.write({ key });
  await using agent = startAgent({ ...home, environment: { ...POD, ...folders(home) } });
  await agent.waitForLine("config.invalid");
  writeFileSync(home.configPath, "nonsense");
  await agent.waitForLine("config.invalid", /nonsense|line 1|:1:/);
  home.write({ url: server.url, keyFile: volume.path("key") });
  await agent.waitForLine("key.accepted");
  expect(await agent.stop()).toBe(0);
});

/** As systemd names them, because the file that would name them is not valid. */
function folders({ dataDir, runtimeDir }: AgentHome): Readonly<Record<string, string>> {
  return { STATE_DIRECTORY: dataDir, RUNTIME_DIRECTORY: runtimeDir };
}

/** Runs it in the foreground until it ends, with a configuration that cannot work. */
async function foreground(environment: Readonly<Record<string, string>>) {
  const { home, server, volume } = await pod();
  home.write({ url: server.url, keyFile: volume.path("key") });
  const child = spawn(process.execPath, [AGENT, "run", "-c", home.configPath], {
    env: { ...ENVIRONMENT, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { code, stderr };
}

it("elsewhere it ends at once, and says why", async () => {
  const { code, stderr } = await foreground({});
  expect(code).toBe(78);
  expect(stderr).toContain("does not exist");
});

it("in a pod, each line is JSON unless agent.toml says otherwise", async () => {
  const { home, volume } = await pod();
  volume.write({ key: makeKey() });
  writeFileSync(
    home.configPath,
    home.toml({ url: "http://127.0.0.1:1", keyFile: volume.path("key") }).replace('format = "json"', ""),
  );
  const child = spawn(process.execPath, [AGENT, "run", "-c", home.configPath], {
    env: { ...ENVIRONMENT, ...POD },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [chunk] = await once(child.stdout, "data");
  expect(JSON.parse(String(chunk).split("\n")[0] ?? "")).toMatchObject({ level: "info" });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});
