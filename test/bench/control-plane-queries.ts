/**
 * What each query of the page costs with 500 keys, 10,000 executors and 1,000,000 audit events of
 * 3,000 people: p50 and p95 of the whole request over HTTP, signed in, in milliseconds, and how many
 * times the p50 with 50 keys, 1,000 executors and 1,000 audit events that is. The goal is p95 <= 50.
 *
 *   node test/bench/control-plane-queries.ts [audit events] [directory that keeps the databases]
 *
 * With NOVACULA_TEST_ENGINE=postgres, the same databases are moved to a PostgreSQL server of this
 * run, as `migrate` moves them.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { request } from "undici";
import { ErrorDisclosure } from "../../src/control-plane/http/error-disclosure.ts";
import { ensureFirstAdmin } from "../../src/control-plane/people/first-admin.ts";
import { createPeople } from "../../src/control-plane/people/people.ts";
import { createServer } from "../../src/control-plane/server.ts";
import { parsePostgresUrl } from "../../src/control-plane/store/address/postgres-address.ts";
import { moveToPostgres } from "../../src/control-plane/store/move/move.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { fillLargeDatabase, type LargeSizes } from "../support/control-plane/large-database.ts";
import { openByUrl } from "../support/control-plane/store/open-by-url.ts";
import { createBareDatabase, query as runSql } from "../support/control-plane/store/postgres-databases.ts";
import { isOnPostgres } from "../support/control-plane/test-database.ts";

const ROUNDS = 40;
const origin = "http://cp.test";
const admin = { email: "admin@example.com", password: "a password of this benchmark" };
const kept = process.argv[3];
const directory = kept ?? mkdtempSync(join(tmpdir(), "control-plane-queries-"));
const now = Date.now();
const LARGE = {
  keys: 500,
  executors: 10_000,
  auditEvents: Number(process.argv[2] ?? 1_000_000),
  actors: 3000,
};
const SMALL = { keys: 50, executors: 1000, auditEvents: 1000, actors: 30 };

const KEY =
  "id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt target { id name }";
const EXECUTOR =
  "id name kind status version channel hostName lastSyncAt key { id name fingerprint } instances { hostName }";
const EVENT =
  "id at actor action targetType targetId targetName details source mentionedKeys { id name fingerprint }";
/** When this share of the events had been written; one comes every minute. */
const when = (auditEvents: number, share: number) => Math.round(now - (1 - share) * auditEvents * 60_000);
const queriesOf = (auditEvents: number): readonly (readonly [string, string])[] => [
  ["viewer", "{ viewer { user { name } role organizations { role } } }"],
  [
    "API keys, first page",
    `{ apiKeys(limit: 100) { ${KEY} usedBy(limit: 2) { executor { name } lastUsedAt } usedByCount } }`,
  ],
  [
    "API keys, all 500",
    `{ apiKeys(limit: 500) { ${KEY} usedBy(limit: 2) { executor { name } lastUsedAt } usedByCount } }`,
  ],
  ["API keys, search", `{ apiKeys(search: "prod 49") { ${KEY} usedByCount } }`],
  ["API keys, search in vain", `{ apiKeys(search: "nothing") { ${KEY} } }`],
  ["executors, first page", `{ executors(limit: 100) { ${EXECUTOR} } }`],
  ["executors, a page in the middle", `{ executors(limit: 100, before: "executor-5000") { ${EXECUTOR} } }`],
  ["executors, search", `{ executors(limit: 100, search: "agent-999") { ${EXECUTOR} } }`],
  ["executors, search in vain", `{ executors(limit: 100, search: "nothing") { ${EXECUTOR} } }`],
  [
    "executor",
    `{ executor(id: "executor-7") { ${EXECUTOR} keyHistory { key { id } firstUsedAt } apiKey { ${KEY} } } }`,
  ],
  [
    "overview",
    "{ health { executors { total offline offlineBy { cause count } refused duplicates } apiKeys { total expiring unused old refused } } }",
  ],
  ["executors, offline", `{ executors(limit: 100, filter: { status: offline }) { ${EXECUTOR} } }`],
  ["executors, a cause in vain", `{ executors(limit: 100, filter: { cause: refused }) { ${EXECUTOR} } }`],
  ["executors, a version in vain", `{ executors(limit: 100, filter: { version: "9" }) { ${EXECUTOR} } }`],
  ["executors, by last sync", `{ executors(limit: 100, sort: seen) { ${EXECUTOR} } }`],
  [
    "executors, by name, the page before",
    `{ executors(limit: 100, sort: name, after: "executor-500") { ${EXECUTOR} } }`,
  ],
  ["executors, their versions", "{ executorVersions { version count } }"],
  ["executors, count of the offline", `{ executorCount(filter: { status: offline }) }`],
  ["executors, with their reasons", `{ executors(limit: 100) { id offlineReason { cause at } } }`],
  ["executor, timeline", `{ executor(id: "executor-7") { id timeline { kind at } } }`],
  ["API keys, by expiry", `{ apiKeys(limit: 100, sort: expires) { ${KEY} } }`],
  ["API keys, old ones", `{ apiKeys(limit: 100, filter: { concern: old }) { ${KEY} } }`],
  [
    "API keys, used now",
    `{ apiKeys(limit: 100) { id usedNow(limit: 2) { executor { name } } usedNowCount usedBeforeCount } }`,
  ],
  [
    "API keys, as the page lists them",
    `{ apiKeys(limit: 51) { ${KEY} usedNow(limit: 20) { executor { name } } usedNowCount
      usedBefore(limit: 20) { executor { name } } usedBeforeCount
      lastRefusal { reason } rotatedFrom { id } rotatedTo { id } } }`,
  ],
  ["audit, first page", `{ auditEvents(limit: 100) { ${EVENT} } }`],
  [
    "audit, a page in the middle",
    `{ auditEvents(limit: 100, before: "event-${auditEvents / 2}") { ${EVENT} } }`,
  ],
  ["audit, the page before", `{ auditEvents(limit: 100, after: "event-${auditEvents / 2}") { ${EVENT} } }`],
  ["audit, one action", `{ auditEvents(limit: 100, action: "api_key.revoked") { ${EVENT} } }`],
  ["audit, a rare action", `{ auditEvents(limit: 100, action: "member.removed") { ${EVENT} } }`],
  ["audit, one actor", `{ auditEvents(limit: 100, actor: "person7@") { ${EVENT} } }`],
  ["audit, some actors", `{ auditEvents(limit: 100, actor: "person7") { ${EVENT} } }`],
  ["audit, all actors", `{ auditEvents(limit: 100, actor: "example") { ${EVENT} } }`],
  ["audit, a rare actor", `{ auditEvents(limit: 100, actor: "rare") { ${EVENT} } }`],
  ["audit, actor in vain", `{ auditEvents(limit: 100, actor: "nobody") { ${EVENT} } }`],
  [
    "audit, rare actor and action",
    `{ auditEvents(limit: 100, actor: "person7", action: "member.removed") { ${EVENT} } }`,
  ],
  [
    "audit, all actors, one action",
    `{ auditEvents(limit: 100, actor: "person", action: "member.joined") { ${EVENT} } }`,
  ],
  [
    "audit, actors long ago",
    `{ auditEvents(limit: 100, actor: "person", to: ${when(auditEvents, 0.15)}) { ${EVENT} } }`,
  ],
  [
    "audit, many actors in vain",
    `{ auditEvents(limit: 100, actor: "person", action: "member.removed", to: 1000) { ${EVENT} } }`,
  ],
  ["audit, a page of 500 of all actors", `{ auditEvents(limit: 500, actor: "person") { ${EVENT} } }`],
  ["audit, target by id", `{ auditEvents(limit: 100, target: "key-7") { ${EVENT} } }`],
  ["audit, target by name", `{ auditEvents(limit: 100, target: "prod 7") { ${EVENT} } }`],
  ["audit, every target", `{ auditEvents(limit: 100, target: "p") { ${EVENT} } }`],
  ["audit, target in vain", `{ auditEvents(limit: 100, target: "zzz") { ${EVENT} } }`],
  ["audit, target and rare actor", `{ auditEvents(limit: 100, target: "prod", actor: "rare") { ${EVENT} } }`],
  [
    "audit, one day long ago",
    `{ auditEvents(limit: 100, from: ${when(auditEvents, 0.5)}, to: ${when(auditEvents, 0.5) + 86_400_000}) { ${EVENT} } }`,
  ],
  ["audit, a day without events", `{ auditEvents(limit: 100, to: 1000) { ${EVENT} } }`],
  [
    "audit, action before a date",
    `{ auditEvents(limit: 100, action: "api_key.deleted", to: ${when(auditEvents, 0.15)}) { ${EVENT} } }`,
  ],
  ["members and invitations", "{ members { role user { name } } invitations { id } }"],
];

interface Cost {
  readonly p50: number;
  readonly p95: number;
  readonly rows: string;
}

/** Makes the database, unless the directory has kept it. Resolves with its DATABASE_URL. */
async function databaseIn(directory: string, sizes: LargeSizes): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "control-plane.db");
  if (!existsSync(path)) {
    await fillLargeDatabase(path, sizes, now);
  }
  if (!isOnPostgres()) {
    return `file:${path}`;
  }
  const { url } = await createBareDatabase();
  const parsed = parsePostgresUrl(url);
  if (!parsed.isValid) {
    throw new Error(parsed.problem);
  }
  await moveToPostgres(path, parsed.address, { leavesOutDamaged: false, progress: () => {} });
  // As autovacuum leaves a table that has grown to this size.
  await runSql(url, "vacuum analyze");
  return url;
}

async function costs(databaseUrl: string, sizes: LargeSizes): Promise<Map<string, Cost>> {
  const store = await openByUrl(databaseUrl);
  const logger = pino({ level: "silent" });
  const errors = new ErrorDisclosure(logger, systemClock.now);
  await ensureFirstAdmin(store, { admin, organizationName: "Default" }, now);
  const authDatabase = store.betterAuthDatabase();
  const people = createPeople({
    store,
    authDatabase,
    logger,
    errors,
    origin,
    secret: "x1".repeat(20),
    now: Date.now,
  });
  const socketPath = join(directory, `management-${sizes.auditEvents}.sock`);
  const server = createServer({
    store,
    logger,
    errors,
    people,
    socketPath,
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    heartbeatTimeoutMs: 30_000,
    maxSyncsPerSecond: 3000,
    maxExecutorsPerKey: 100,
    version: "1.4.0",
  });
  const { url } = await server.listen();
  const headers = { origin, "content-type": "application/json" };
  const signedIn = await request(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers,
    body: JSON.stringify(admin),
  });
  await signedIn.body.dump();
  const cookie = String(signedIn.headers["set-cookie"]).split(";", 1)[0] ?? "";
  const found = new Map<string, Cost>();
  for (const [name, query] of queriesOf(sizes.auditEvents)) {
    found.set(name, await costOf(query, url, { ...headers, cookie }));
  }
  await server.close();
  await store.close();
  return found;
}

async function costOf(query: string, url: string, headers: Readonly<Record<string, string>>): Promise<Cost> {
  const times: number[] = [];
  let text = "";
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const answer = await request(`${url}/graphql`, {
      method: "POST",
      headers,
      body: JSON.stringify({ query }),
    });
    text = await answer.body.text();
    times.push(performance.now() - started);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  const rows = text.includes('"errors"')
    ? text.slice(0, 120)
    : String(text.match(/"id":|"role":/g)?.length ?? 0);
  return { p50: at(0.5), p95: at(0.95), rows };
}

const smallUrl = await databaseIn(join(directory, "small"), SMALL);
const largeUrl = await databaseIn(join(directory, "large"), LARGE);
// Once for nothing: the first queries of a process are compiled, and would make ratios too small.
await costs(smallUrl, SMALL);
const small = await costs(smallUrl, SMALL);
const large = await costs(largeUrl, LARGE);
process.stdout.write("p50 ms  p95 ms   ratio  rows  query\n");
for (const [name, { p50, p95, rows }] of large) {
  const ratio = p50 / (small.get(name)?.p50 ?? Number.NaN);
  const numbers = [
    p50.toFixed(1).padStart(6),
    p95.toFixed(1).padStart(6),
    `${ratio.toFixed(1)}×`.padStart(6),
  ];
  process.stdout.write(`${numbers.join("  ")}  ${rows.padStart(5)} ${name}\n`);
}
if (kept === undefined) {
  rmSync(directory, { recursive: true });
}
