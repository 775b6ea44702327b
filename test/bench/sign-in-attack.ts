import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client, type Dispatcher, Pool } from "undici";
import { EXECUTABLE } from "../../packaging/paths.ts";
import { SYNC_EXECUTOR } from "../../src/protocol/operations.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { fillFleetDatabase, fleetExecutorName, fleetKey } from "./fleet-database.ts";
import type { BenchOptions } from "./options.ts";
import { quantile } from "./statistics.ts";
import { startSubject } from "./subject.ts";
import { ratio, type Section, spread } from "./table.ts";

const ADMIN = { email: "admin@example.com", password: "a password of this benchmark" };
const SEED = "sign-in-attack";
const EXECUTORS = 10;
const SYNC_INTERVAL_MS = 20;
const PAGE_INTERVAL_MS = 40;
const SIGN_IN_PAUSE_MS = 200;
/** The first run compiles code, which distorts the figures. */
const LEAD_IN_MS = 2000;
/**
 * Well below what saturates a core: the question is what hashing does, not what answering "no"
 * does.
 */
const RATE = 200;
const PAGE = `{ viewer { user { name } role }
  apiKeys(limit: 100) { id name status createdAt lastUsedAt } }`;

interface Strangers {
  readonly name: string;
  readonly connections: number;
  /** Where the proxy says that request `n` comes from. */
  readonly from: (n: number) => string;
}

const ATTACKS: readonly Strangers[] = [
  { name: "sign-ins from one address, 50 at once", connections: 50, from: () => "198.51.100.7" },
  {
    name: "sign-ins from ever new IPv6 /64, 200 at once",
    connections: 200,
    from: (n) => `2001:db8:${(n >> 8).toString(16)}:${((n & 0xff) << 8).toString(16)}::1`,
  },
];

interface Scene {
  readonly url: string;
  /** Of the first admin: the session and the device. */
  cookie: string;
}

interface Measured {
  readonly syncMs: number;
  readonly pageMs: number;
  /** For the owner's sign-ins with a device cookie. */
  readonly signInMs: number;
  readonly refusedSignIns: number;
  readonly failed: number;
  readonly perSecond: number;
}

/**
 * What strangers who sign in cost executors and the page, beside as many requests that cost nothing
 * to refuse.
 */
export async function measureSignInAttack({ quick, log }: BenchOptions): Promise<Section> {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 5 : 10;
  const rows: string[][] = [];
  await withScene(async (scene) => {
    await measure(scene, undefined, "/api/auth/none", RATE, 3);
    for (const strangers of ATTACKS) {
      const attacked: Measured[] = [];
      const floor: Measured[] = [];
      for (let round = 0; round < rounds; round += 1) {
        log(`attack: ${strangers.name}, round ${round + 1} of ${rounds}`);
        const attack = await measure(scene, strangers, "/api/auth/sign-in/email", RATE, seconds);
        attacked.push(attack);
        floor.push(await measure(scene, strangers, "/api/auth/none", attack.perSecond, seconds));
      }
      rows.push(...rowsOf(strangers.name, attacked, floor));
    }
  });
  return {
    title: "Strangers who sign in",
    header: [
      "",
      "a second",
      "sync p99, ms",
      "",
      "page p99, ms",
      "",
      "sign-in with a device, p99 ms",
      "refused",
    ],
    rows,
    notes: [
      `The released control plane, not pinned, and everybody else on the same cores. ${RATE} sign-ins a second with wrong passwords, of the first admin and of accounts that do not exist, beside as many requests for a path that does not exist. Meanwhile a sync every ${SYNC_INTERVAL_MS} ms, a query of the page every ${PAGE_INTERVAL_MS} ms, and one sign-in of the first admin, who has a device cookie, ${SIGN_IN_PAUSE_MS} ms after the other; latency from the moment a request was due, from the third second on. Ratios to the requests that cost nothing, round by round.`,
    ],
  };
}

function rowsOf(name: string, attacked: readonly Measured[], floor: readonly Measured[]): string[][] {
  const line = (title: string, all: readonly Measured[]) => {
    const of = (value: (one: Measured) => number, digits = 1) => spread(all.map(value), digits);
    const toFloor = (value: (one: Measured) => number) => ratio(all.map(value), floor.map(value));
    const refused = all.reduce((sum, one) => sum + one.refusedSignIns + one.failed, 0);
    return [
      title,
      of(({ perSecond }) => perSecond, 0),
      of(({ syncMs }) => syncMs),
      toFloor(({ syncMs }) => syncMs),
      of(({ pageMs }) => pageMs),
      toFloor(({ pageMs }) => pageMs),
      of(({ signInMs }) => signInMs, 0),
      String(refused),
    ];
  };
  return [line(name, attacked), line("— as many to a path that does not exist", floor)];
}

async function withScene(task: (scene: Scene) => Promise<void>): Promise<void> {
  const temporary = temporaryDirectory();
  const folder = temporary.path;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  try {
    const database = join(folder, "control-plane.db");
    await fillFleetDatabase(database, EXECUTORS, SEED);
    mkdirSync(join(folder, "bin"));
    const program = join(folder, "bin", "novacula-control-plane");
    symlinkSync(EXECUTABLE, program);
    await using _subject = startSubject({ folder, program }, ["serve"], {
      DATABASE_URL: `file:${database}`,
      PORT: String(port),
      LOG_LEVEL: "warn",
      BETTER_AUTH_URL: url,
      BETTER_AUTH_SECRET: "signs the sessions of this benchmark alone",
      INITIAL_ADMIN_EMAIL: ADMIN.email,
      INITIAL_ADMIN_PASSWORD: ADMIN.password,
    });
    await task({ url, cookie: await signedIn(url) });
  } finally {
    temporary.remove();
  }
}

async function signedIn(url: string): Promise<string> {
  const client = new Client(url);
  const answer = await eventually(() => signIn(client, url), {
    timeoutMs: 15_000,
    describe: "the first admin signs in",
  });
  await client.close();
  return withCookies("", answer.cookies);
}

/** A Cookie header with the pairs of `header`, replaced and completed by those of Set-Cookie lines. */
function withCookies(header: string, set: readonly string[]): string {
  const pairs = [...header.split("; ").filter(Boolean), ...set.map((line) => line.split(";", 1)[0] ?? "")];
  return [...new Map(pairs.map((pair) => [pair.split("=", 1)[0], pair])).values()].join("; ");
}

async function signIn(client: Dispatcher, url: string, cookie?: string) {
  const { statusCode, headers, body } = await client.request({
    method: "POST",
    path: "/api/auth/sign-in/email",
    headers: {
      origin: url,
      "content-type": "application/json",
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: JSON.stringify(ADMIN),
  });
  await body.dump();
  return { status: statusCode, cookies: [headers["set-cookie"] ?? []].flat() };
}

async function measure(
  scene: Scene,
  strangers: Strangers | undefined,
  path: string,
  rate: number,
  seconds: number,
): Promise<Measured> {
  const fromMs = performance.now() + LEAD_IN_MS;
  const untilMs = fromMs + seconds * 1000;
  const { url } = scene;
  const crowd = new Pool(url, { connections: strangers?.connections ?? 1 });
  const attack =
    strangers === undefined ? undefined : attackUntil(crowd, scene, strangers, path, rate, untilMs);
  const executors = new Pool(url, { connections: 4 });
  const browser = new Pool(url, { connections: 4 });
  const signInPage = new Pool(url, { connections: 4 });
  const syncs: number[] = [];
  const pages: number[] = [];
  const signIns: number[] = [];
  let failed = 0;
  let refusedSignIns = 0;
  await Promise.all([
    every(SYNC_INTERVAL_MS, untilMs, async (n, dueMs) => {
      if ((await sync(executors, n % EXECUTORS)) !== 200) {
        failed += 1;
      }
      if (dueMs >= fromMs) {
        syncs.push(performance.now() - dueMs);
      }
    }),
    every(PAGE_INTERVAL_MS, untilMs, async (_n, dueMs) => {
      if ((await page(browser, scene)) !== 200) {
        failed += 1;
      }
      if (dueMs >= fromMs) {
        pages.push(performance.now() - dueMs);
      }
    }),
    oneByOne(SIGN_IN_PAUSE_MS, untilMs, async () => {
      const begunMs = performance.now();
      const { status, cookies } = await signIn(signInPage, url, scene.cookie);
      if (status === 200) {
        // A person has 50 sessions at most: the page goes on with the newest.
        scene.cookie = withCookies(scene.cookie, cookies);
      } else {
        refusedSignIns += 1;
      }
      signIns.push(performance.now() - begunMs);
    }),
  ]);
  const answered = (await attack) ?? 0;
  await Promise.all([crowd, executors, browser, signInPage].map((pool) => pool.destroy()));
  return {
    syncMs: quantile(syncs, 0.99),
    pageMs: quantile(pages, 0.99),
    signInMs: quantile(signIns, 0.99),
    refusedSignIns,
    failed,
    perSecond: (answered * 1000) / (LEAD_IN_MS + seconds * 1000),
  };
}

/** The number of answers. A connection that waits for its answer sends nothing else. */
async function attackUntil(
  crowd: Pool,
  { url }: Scene,
  { connections, from }: Strangers,
  path: string,
  rate: number,
  untilMs: number,
): Promise<number> {
  let answered = 0;
  let inFlight = 0;
  let sent = 0;
  const begunMs = performance.now();
  while (performance.now() < untilMs) {
    const due = ((performance.now() - begunMs) / 1000) * rate;
    for (let n = answered + inFlight; n < due && inFlight < connections; n += 1) {
      inFlight += 1;
      sent += 1;
      // Every tenth guesses at the first admin.
      const email = sent % 10 === 0 ? ADMIN.email : `nobody-${sent}@example.com`;
      const headers = { origin: url, "content-type": "application/json", "x-forwarded-for": from(sent) };
      const body = JSON.stringify({ email, password: `a wrong password ${sent}` });
      void crowd
        .request({ method: "POST", path, headers, body })
        .then((answer) => answer.body.dump())
        .finally(() => {
          inFlight -= 1;
          answered += 1;
        });
    }
    await pause(2);
  }
  const inTime = answered;
  while (inFlight > 0) {
    await pause(2);
  }
  return inTime;
}

/**
 * Begins `task` every so often, whether or not the one before has ended; resolves once all have.
 */
async function every(
  intervalMs: number,
  untilMs: number,
  task: (n: number, dueMs: number) => Promise<void>,
): Promise<void> {
  const tasks: Promise<void>[] = [];
  const begunMs = performance.now();
  for (let n = 0; ; n += 1) {
    const dueMs = begunMs + n * intervalMs;
    if (dueMs >= untilMs) {
      break;
    }
    await pause(Math.max(0, dueMs - performance.now()));
    tasks.push(task(n, dueMs));
  }
  await Promise.all(tasks);
}

/** Like one person: begins only after the previous one has ended. */
async function oneByOne(pauseMs: number, untilMs: number, task: () => Promise<void>): Promise<void> {
  while (performance.now() < untilMs) {
    await task();
    await pause(pauseMs);
  }
}

async function sync(client: Dispatcher, executor: number): Promise<number> {
  const input = {
    name: fleetExecutorName(executor),
    kind: "agent",
    version: "0.1.0",
    channel: "stable",
    instanceId: `instance-${executor}`,
    hostName: `host-${executor}`,
    capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
    resources: { cpuCount: 2, memoryTotalBytes: 8e9, memoryFreeBytes: 4e9 },
  };
  const authorization = `Bearer ${fleetKey(SEED, executor)}`;
  return graphql(client, { authorization }, SYNC_EXECUTOR, { input });
}

function page(client: Dispatcher, { url, cookie }: Scene): Promise<number> {
  return graphql(client, { origin: url, cookie }, PAGE, {});
}

async function graphql(
  client: Dispatcher,
  headers: Readonly<Record<string, string>>,
  query: string,
  variables: object,
): Promise<number> {
  const { statusCode, body } = await client.request({
    method: "POST",
    path: "/graphql",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const text = await body.text();
  return text.includes('"errors"') ? 500 : statusCode;
}
