import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ControlPlaneOptions,
  startControlPlane,
  type TestControlPlane,
  type TestKey,
} from "../control-plane/control-plane.ts";
import { temporaryDirectory } from "../temp-dir.ts";
import {
  type AgentHome,
  type AgentProcess,
  agentHome,
  type StartOptions,
  startAgent,
  type TomlSettings,
} from "./agent-process.ts";

/** An agent process with its files. */
export interface Host extends AsyncDisposable {
  readonly home: AgentHome;
  readonly agent: AgentProcess;
  /** Replaces agent.toml with one that has this key, by a rename. */
  useKey(secret: string): void;
}

/** The real control plane, and hosts that run the real agent against it. */
export interface Fleet extends AsyncDisposable {
  readonly plane: TestControlPlane;
  /** Starts an agent; resolves when it is online. */
  online(key: TestKey, settings?: Partial<TomlSettings>, options?: Partial<StartOptions>): Promise<Host>;
}

/** Three seconds of silence are long, because heartbeats arrive every half second here. */
const HEARTBEAT_TIMEOUT_MS = 3000;

export async function startFleet(options: ControlPlaneOptions = {}): Promise<Fleet> {
  const plane = await startControlPlane({
    ...options,
    env: { HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS), ...options.env },
  });
  const hosts: Host[] = [];
  return {
    plane,
    async online(key, settings, start) {
      const host = startHost(plane, key, settings, start);
      hosts.push(host);
      await host.agent.waitForLine("key.accepted", /^/, 20_000);
      return host;
    },
    async [Symbol.asyncDispose]() {
      for (const host of hosts) {
        await host[Symbol.asyncDispose]();
      }
      await plane.kill();
    },
  };
}

function startHost(
  plane: TestControlPlane,
  key: TestKey,
  settings: Partial<TomlSettings> = {},
  options: Partial<StartOptions> = {},
): Host {
  const directory = temporaryDirectory();
  const home = agentHome(directory.path);
  const tomlWith = (secret: string) => home.toml({ url: plane.url, key: secret, ...settings });
  writeFileSync(home.configPath, tomlWith(key.secret), { mode: 0o600 });
  const agent = startAgent({ ...home, ...options });
  return {
    home,
    agent,
    useKey(secret) {
      const temporary = join(directory.path, ".agent.toml.tmp");
      writeFileSync(temporary, tomlWith(secret), { mode: 0o600 });
      renameSync(temporary, home.configPath);
    },
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      directory.remove();
    },
  };
}

/** Polls the executor's status until it is disposed of. `statuses` holds every status it saw. */
export function watchExecutor(plane: TestControlPlane, name: string) {
  const statuses = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const executor = (await plane.executors("acme")).find((each) => each.name === name);
      statuses.add(executor?.status ?? "missing");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    statuses,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await watching;
    },
  };
}

/** Waits until the executor has synced `count` times more. */
export async function moreSyncs({ agent }: Host, count: number): Promise<void> {
  let { lastAcceptedAt } = await agent.status();
  for (let seen = 0; seen < count; seen += 1) {
    lastAcceptedAt = (await agent.waitForStatus((status) => status.lastAcceptedAt !== lastAcceptedAt))
      .lastAcceptedAt;
  }
}
