import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { startControlPlane, type TestControlPlane } from "../../control-plane/control-plane.ts";
import { type PostgresFolder, postgresFolder } from "../../control-plane/postgres-folder.ts";
import { siteOf } from "../../control-plane/replicas.ts";
import { freePort } from "../../free-port.ts";
import type { Listener } from "../../listener.ts";
import { startNginx } from "../../nginx.ts";
import { tempDir } from "../../temp-dir.ts";
import { HEARTBEAT_TIMEOUT_MS } from "./heard.ts";

const DATA = "data";

interface Ports {
  readonly planes: readonly [number, number];
  readonly database: number;
  readonly balancer: number;
}

/** Two control planes on a PostgreSQL server of their own, behind nginx. Each of them can be killed. */
export class ReplicaWorld {
  private readonly ports: Ports;
  private readonly servers: PostgresFolder;
  private readonly folder = tempDir();
  private readonly planes: (TestControlPlane | undefined)[] = [undefined, undefined];
  /** Of the control planes that have ended. */
  private readonly earlier: string[] = [];
  private database: ChildProcess | undefined;
  private balancer: Listener | undefined;

  private constructor(ports: Ports, servers: PostgresFolder) {
    this.ports = ports;
    this.servers = servers;
  }

  static async start(): Promise<ReplicaWorld> {
    const planes = [await freePort(), await freePort()] as const;
    const ports = { planes, database: await freePort(), balancer: await freePort() };
    const servers = postgresFolder();
    const world = new ReplicaWorld(ports, servers);
    // Before the servers' own end, which comes later.
    onTestFinished(() => world.end());
    await servers.initialize(DATA);
    world.database = await servers.start(DATA, ports.database);
    await world.startPlane(0);
    await world.startPlane(1);
    await world.startBalancer();
    return world;
  }

  /** Where executors may sync: at each control plane, and at the balancer. */
  get urls(): readonly string[] {
    const { planes, balancer } = this.ports;
    return [...planes, balancer].map((port) => `http://127.0.0.1:${port}`);
  }

  get balancerUrl(): string {
    return `http://127.0.0.1:${this.ports.balancer}`;
  }

  /** Those that run. */
  get running(): readonly TestControlPlane[] {
    return this.planes.filter((plane) => plane !== undefined);
  }

  isRunning(index: number): boolean {
    return this.planes[index] !== undefined;
  }

  async startPlane(index: number): Promise<void> {
    this.planes[index] = await startControlPlane({
      port: this.ports.planes[index] ?? 0,
      socketPath: join(this.folder, `${index}.sock`),
      env: {
        DATABASE_URL: this.servers.url(this.ports.database),
        HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
        DRAIN_SECONDS: "1",
      },
    });
  }

  /** Resolves with the exit code; null if it was killed. */
  async endPlane(index: number, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const plane = this.planes[index];
    this.planes[index] = undefined;
    if (plane === undefined) {
      return null;
    }
    const code = signal === "SIGTERM" ? await plane.stop() : await plane.kill().then(() => null);
    this.earlier.push(...plane.lines);
    return code;
  }

  /** Ends the server with the signal, and starts it again `pauseMs` later. */
  async restartDatabase(signal: NodeJS.Signals, pauseMs: number): Promise<void> {
    if (this.database !== undefined) {
      await this.servers.stop(this.database, signal);
    }
    await sleep(pauseMs);
    this.database = await this.servers.start(DATA, this.ports.database);
  }

  async restartBalancer(signal: "SIGTERM" | "SIGKILL", pauseMs: number): Promise<void> {
    await (signal === "SIGKILL" ? this.balancer?.kill() : this.balancer?.[Symbol.asyncDispose]());
    this.balancer = undefined;
    await sleep(pauseMs);
    await this.startBalancer();
  }

  /** Everything that the control planes have logged. */
  lines(): readonly string[] {
    return [...this.earlier, ...this.running.flatMap(({ lines }) => lines)];
  }

  private async startBalancer(): Promise<void> {
    const { balancer: port, planes } = this.ports;
    this.balancer = await startNginx(join(this.folder, "nginx"), port, siteOf(port, planes));
  }

  private async end(): Promise<void> {
    await this.balancer?.[Symbol.asyncDispose]();
    await Promise.all(this.running.map((plane) => plane.kill()));
  }
}
