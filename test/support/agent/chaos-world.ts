import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { vi } from "vitest";
import { type Loaded, loadConfig } from "../../../src/agent/config/load-config.ts";
import { WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import type { Generation } from "../../../src/agent/daemon/rotation/generation.ts";
import type { OriginMarks } from "../../../src/agent/sync/answer/origin-marks.ts";
import { createSyncClient, type SyncClient } from "../../../src/agent/sync/sync-client.ts";
import { CURRENT_KEY } from "../../../src/protocol/operations.ts";
import { type IssuedTestKey, startServer, type TestServer } from "../control-plane/control-plane-server.ts";
import { tempDir } from "../temp-dir.ts";
import { cutNetwork } from "./cut-network.ts";
import { pass, rest, useFakeTime } from "./fake-time.ts";
import { runAgent } from "./hosted-agent.ts";

const DEADLINE_MS = 10_000;

type Network = Awaited<ReturnType<typeof cutNetwork>>;

/**
 * An agent and a control plane in this process, with real files, sockets and database, on fake
 * time.
 */
export class ChaosWorld {
  readonly keys: IssuedTestKey[] = [];
  /** The key in the file, if it is a good one, and since when. */
  written: string | undefined;
  writtenAt = 0;
  haveNodesEnded = false;
  isServing = true;
  private requests = 0;
  private reads = 0;
  private readonly path = join(tempDir(), "agent.toml");
  private readonly folder: string;
  readonly network: Network;
  private readonly current: { server: TestServer };
  private agentPart: Awaited<ReturnType<typeof runAgent>> | undefined;

  private constructor(folder: string, network: Network, current: { server: TestServer }) {
    this.folder = folder;
    this.network = network;
    this.current = current;
  }

  static async start(): Promise<ChaosWorld> {
    useFakeTime();
    const folder = tempDir();
    const current = { server: await openServer(folder) };
    const network = await cutNetwork(() => current.server.port);
    const world = new ChaosWorld(folder, network, current);
    await world.populate();
    return world;
  }

  private async populate(): Promise<void> {
    await this.server.createOrganization("acme");
    const first = await this.server.createKey();
    this.keys.push(first);
    this.write(first.secret, this.configWith(first.secret));
    this.agentPart = await this.runAgent();
  }

  get server(): TestServer {
    return this.current.server;
  }

  get agent() {
    return required(this.agentPart).agent;
  }

  /** What the journal says. */
  get said(): string {
    return required(this.agentPart).lines.join("");
  }

  /** True if nothing is in the way of a sync. */
  isClear(): boolean {
    return this.isServing && this.network.state() === "up";
  }

  readonly isBusy = (): boolean => this.requests > 0 && this.network.state() !== "silent";

  pass(ms: number): Promise<void> {
    return pass(ms, this.isBusy);
  }

  configWith(secret: string, level = "info"): string {
    const { url } = this.network;
    return `[control_plane]\nurl = "${url}"\naccess_token = "${secret}"\n[agent]\nname = "agent-1"\n[logging]\nlevel = "${level}"\n`;
  }

  /** Writes the file; without `text`, removes it. Time goes on when the agent has been told. */
  async edit(secret: string | undefined, text: string | undefined): Promise<void> {
    const before = this.reads;
    this.write(secret, text);
    for (let turn = 0; this.reads === before && turn < 100_000; turn += 1) {
      await nextTurn();
      if (turn % 20 === 19) {
        vi.advanceTimersByTime(1);
      }
    }
    await rest(this.isBusy);
  }

  async endServer(): Promise<void> {
    this.isServing = false;
    await this.server.close();
  }

  async startServer(): Promise<void> {
    this.current.server = await openServer(this.folder);
    this.isServing = true;
  }

  /** Whether the control plane accepts the key now, asked directly. */
  async works(secret: string): Promise<boolean> {
    const input = { executorName: "agent-1" };
    const { status, code } = await this.server.post(secret, CURRENT_KEY, { input });
    return status === 200 && code === undefined;
  }

  private write(secret: string | undefined, text: string | undefined): void {
    if (text === undefined) {
      rmSync(this.path, { force: true });
    } else {
      writeFileSync(this.path, text);
    }
    if (secret !== this.written) {
      this.written = secret;
      this.writtenAt = Date.now();
    }
  }

  private async runAgent() {
    return runAgent({
      initial: await loadConfig(this.path, {}),
      load: (known: Loaded) => {
        this.reads += 1;
        return loadConfig(this.path, {}, known);
      },
      createClient: (generation, marks) => this.counted(clientOf(generation, marks)),
      nodes: {
        ...WITHOUT_NODES,
        run: async (signal, syncSoon) => {
          await WITHOUT_NODES.run(signal, syncSoon);
          this.haveNodesEnded = true;
        },
      },
    });
  }

  private counted(client: SyncClient): SyncClient {
    return {
      ...client,
      sync: async (...args) => {
        this.requests += 1;
        try {
          return await client.sync(...args);
        } finally {
          this.requests -= 1;
        }
      },
    };
  }
}

function openServer(folder: string): Promise<TestServer> {
  return startServer({ now: Date.now, monotonicNow: Date.now }, folder);
}

function clientOf({ config, key, caPem }: Generation, marks: OriginMarks): SyncClient {
  return createSyncClient({
    url: config.controlPlane.url,
    key,
    caPem,
    proxy: undefined,
    environment: {},
    userAgent: "chaos",
    deadlineMs: DEADLINE_MS,
    marks,
  });
}

function required<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new Error("the world has not started");
  }
  return part;
}
