import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Fleet, startFleet } from "../agent/rotation-scene.ts";
import { noteKey } from "../canary.ts";
import { freePort } from "../free-port.ts";
import { startNginx } from "../nginx.ts";
import { tempDir } from "../temp-dir.ts";
import { startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { postgresServer } from "./postgres.ts";
import { databaseOf, type TestDatabase } from "./store/engine.ts";
import { postgresEngine } from "./store/postgres-engine.ts";

/** Control planes on one PostgreSQL database, behind a balancer, which gives each a request in turn. */
export interface Replicas {
  /** Its control plane is the first one. Give its agents `balancer` as their URL. */
  readonly fleet: Fleet;
  readonly planes: Planes;
  readonly balancer: string;
  readonly database: TestDatabase;
  /** Starts a control plane again that was stopped or killed: of another release, if it has a `main.ts`. */
  again(index: number, program?: string): Promise<void>;
}

type Planes = [TestControlPlane, TestControlPlane, ...TestControlPlane[]];

/** Starts a balancer on `port` before control planes on `ports`. It writes only to `folder`. */
type StartBalancer = (folder: string, port: number, ports: readonly number[]) => Promise<AsyncDisposable>;

interface Way {
  /** Default: nginx. */
  readonly startBalancer?: StartBalancer;
  /** Of the balancer and the control planes, which then speak TLS, with the name localhost. */
  readonly tls?: { readonly certPath: string; readonly keyPath: string };
}

/** Until nginx no longer chooses a server that closes. */
const DRAIN_SECONDS = 1;

/** Two of them, and `more`. */
export async function startReplicas(
  env: Readonly<Record<string, string>> = {},
  more = 0,
  { startBalancer = behindNginx, tls }: Way = {},
): Promise<Replicas> {
  const { password } = await postgresServer();
  noteKey(password);
  const database = await databaseOf(postgresEngine);
  const folder = tempDir();
  const ports = await Promise.all(Array.from({ length: 2 + more }, () => freePort()));
  const common = { DATABASE_URL: database.url, DRAIN_SECONDS: String(DRAIN_SECONDS), ...env };
  const optionsOf = (index: number) => ({
    port: ports[index] ?? 0,
    socketPath: join(folder, `${index}.sock`),
    env: { HEARTBEAT_TIMEOUT_MS: "3000", ...common },
    ...(tls && { tls }),
  });
  const fleet = await startFleet(optionsOf(0));
  const planes: Planes = [fleet.plane, await startControlPlane(optionsOf(1))];
  for (let index = 2; index < ports.length; index += 1) {
    planes.push(await startControlPlane(optionsOf(index)));
  }
  const port = await freePort();
  const balancer = await startBalancer(join(folder, "balancer"), port, ports);
  onTestFinished(async () => {
    await fleet[Symbol.asyncDispose]();
    await balancer[Symbol.asyncDispose]();
    await Promise.all(planes.map((plane) => plane.kill()));
  });
  return {
    fleet,
    planes,
    database,
    balancer: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    async again(index, program) {
      planes[index] = await startControlPlane({ ...optionsOf(index), ...(program && { program }) });
    },
  };
}

async function behindNginx(folder: string, port: number, ports: readonly number[]): Promise<AsyncDisposable> {
  return await startNginx(folder, port, siteOf(port, ports));
}

/** A request that could not be sent goes to the other server; one that was sent is not repeated. */
export function siteOf(port: number, ports: readonly number[]): string {
  return `upstream planes {
    ${ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join("\n    ")}
    keepalive 8;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://planes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream error timeout;
    }
  }`;
}
