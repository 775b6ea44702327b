import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { onTestFinished } from "vitest";
import { CURRENT_KEY } from "../../../src/protocol/operations.ts";
import { type AgentProcess, agentHome, startAgent } from "../agent/agent-process.ts";
import { cutNetwork } from "../agent/cut-network.ts";
import { startControlPlane, type TestControlPlane, type TestKey } from "../control-plane/control-plane.ts";
import { tempDir } from "../temp-dir.ts";

/** What agent.toml holds. */
export type Written =
  | { readonly kind: "key"; readonly key: TestKey }
  /** Without a text there is no file. */
  | { readonly kind: "damage"; readonly text: string | undefined };

/** How a file is changed: by a rename, or in place. */
export type WriteMode = "rename" | "in-place";

const STOPPED = "the control plane does not run";

/**
 * The processes of an agent and of a control plane, with a network between them that can be cut. This
 * is who restarts the agent, as systemd does.
 */
export class ProcessWorld {
  readonly keys: TestKey[] = [];
  /** The fingerprints of keys whose revocation was acknowledged. */
  readonly revoked = new Set<string>();
  written: Written = { kind: "damage", text: undefined };
  readonly network: Awaited<ReturnType<typeof cutNetwork>>;
  private readonly home = agentHome(tempDir());
  private readonly folder = tempDir();
  private readonly places: { port: number };
  private agentPart: AgentProcess | undefined;
  private planePart: TestControlPlane | undefined;
  /** Of the processes that have ended. */
  private readonly earlier: string[] = [];

  private constructor(network: ProcessWorld["network"], places: { port: number }) {
    this.network = network;
    this.places = places;
  }

  /** With one key in the file, one beside it, and a revoked one. The agent may not be online yet. */
  static async start(): Promise<ProcessWorld> {
    const places = { port: 0 };
    const world = new ProcessWorld(await cutNetwork(() => places.port), places);
    onTestFinished(() => world.end());
    await world.startPlane();
    await world.writeKey(await world.createKey(), "rename");
    await world.createKey();
    await world.revokeKey(await world.createKey());
    await world.startAgent();
    return world;
  }

  get agent(): AgentProcess {
    if (this.agentPart === undefined) {
      throw new Error("the agent has not started");
    }
    return this.agentPart;
  }

  get plane(): TestControlPlane {
    if (this.planePart === undefined) {
      throw new Error(STOPPED);
    }
    return this.planePart;
  }

  isServing(): boolean {
    return this.planePart !== undefined;
  }

  /** True if nothing is in the way of a sync. */
  isClear(): boolean {
    return this.isServing() && this.network.state() === "up";
  }

  async createKey(): Promise<TestKey> {
    const key = await this.plane.createKey({ name: `key ${this.keys.length}` });
    this.keys.push(key);
    return key;
  }

  async rotateKey({ id, fingerprint }: TestKey): Promise<void> {
    const next = await this.plane.rotateKey(id);
    this.revoked.add(fingerprint);
    this.keys.push(next);
  }

  async revokeKey({ id, fingerprint }: TestKey): Promise<void> {
    await this.plane.revokeKey(id);
    this.revoked.add(fingerprint);
  }

  works({ fingerprint }: TestKey): boolean {
    return !this.revoked.has(fingerprint);
  }

  /** Whether the control plane accepts the key now, asked directly. */
  async isAccepted({ secret }: TestKey): Promise<boolean> {
    const input = { executorName: "agent-1" };
    const { statusCode, body } = await request(`${this.plane.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query: CURRENT_KEY, variables: { input } }),
    });
    const text = await body.text();
    return statusCode === 200 && !text.includes('"errors"');
  }

  /** The file with this text as the key's value. */
  tomlWith(secret: string): string {
    const { runtimeDir, dataDir } = this.home;
    return [
      '[logging]\nformat = "json"\nlevel = "info"',
      `[agent]\nname = "agent-1"\ndata_dir = "${dataDir}"\nruntime_dir = "${runtimeDir}"`,
      `[control_plane]\nurl = "${this.network.url}"\nsync_interval_secs = 0.5`,
      `access_token = ${JSON.stringify(secret)}\n`,
    ].join("\n");
  }

  async writeKey(key: TestKey, mode: WriteMode): Promise<void> {
    this.writeText(this.tomlWith(key.secret), mode);
    this.written = { kind: "key", key };
  }

  damage(text: string | undefined, mode: WriteMode): void {
    if (text === undefined) {
      rmSync(this.home.configPath, { force: true });
    } else {
      this.writeText(text, mode);
    }
    this.written = { kind: "damage", text };
  }

  private writeText(text: string, mode: WriteMode): void {
    const { configPath } = this.home;
    const path = mode === "rename" ? `${configPath}.tmp` : configPath;
    writeFileSync(path, text, { mode: 0o600 });
    if (mode === "rename") {
      renameSync(path, configPath);
    }
  }

  /** Another agent with the same folders. Resolves with its exit code. */
  async startSecondAgent(): Promise<number | null> {
    await using second = this.newAgent();
    const { code } = await second.exited();
    this.earlier.push(...second.lines.map(({ message }) => message));
    return code;
  }

  async startAgent(): Promise<void> {
    this.agentPart = this.newAgent();
    await this.agentPart.waitForLine("agent.started");
    await this.agentPart.waitForStatus(() => true);
  }

  private newAgent(): AgentProcess {
    const { runtimeDir, dataDir } = this.home;
    const environment = {
      INVOCATION_ID: "chaos",
      RUNTIME_DIRECTORY: runtimeDir,
      STATE_DIRECTORY: dataDir,
    };
    return startAgent({ ...this.home, environment });
  }

  /** Resolves with the exit code; null if it was killed. */
  async endAgent(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const { agent } = this;
    agent.signal(signal);
    const { code } = await agent.exited();
    this.earlier.push(...agent.lines.map(({ message }) => message));
    return code;
  }

  async startPlane(): Promise<void> {
    this.planePart = await startControlPlane({ directory: this.folder });
    this.places.port = this.planePart.port;
  }

  async endPlane(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const { plane } = this;
    const code = signal === "SIGTERM" ? await plane.stop() : await plane.kill().then(() => null);
    this.planePart = undefined;
    this.earlier.push(...plane.lines);
    return code;
  }

  /** Everything that both programs have said. */
  said(): string {
    const now = [...this.agent.lines.map(({ message }) => message), ...(this.planePart?.lines ?? [])];
    return [...this.earlier, ...now].join("\n");
  }

  /** The agents that run with this world's file. */
  agentPids(): readonly number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/u.test(name) && commandOf(name).includes(this.home.configPath))
      .map(Number);
  }

  private async end(): Promise<void> {
    await this.agentPart?.[Symbol.asyncDispose]();
    await this.planePart?.kill();
  }
}

/** Empty for a process that has just ended. */
function commandOf(pid: string): string {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8");
  } catch {
    return "";
  }
}
