import { pauseAfter } from "../../src/sync/cadence.ts";
import { type Connection, nextConnection } from "../../src/sync/connection.ts";
import type { SyncOutcome } from "../../src/sync/sync-outcome.ts";

/** A fleet around one outage, by the agent's own scheduling code, in virtual time. Times are milliseconds. */
export interface HerdScenario {
  readonly name: string;
  readonly agents: number;
  readonly outageMs: number;
  /** What the control plane's 503 says while it is down; undefined: connections are refused. */
  readonly retryAfterMs: number | undefined;
  /** The delay of an agent's next request; `agent` is the project's own. */
  readonly pause: (connection: Connection, random: () => number) => number;
}

export interface HerdResult {
  readonly name: string;
  readonly agents: number;
  /** Requests in each second, from 60 s before the outage on. */
  readonly requestsPerSecond: readonly number[];
  /** Second of `requestsPerSecond` at which the control plane returned. */
  readonly returnedAt: number;
  /** The worst second of first accepted syncs after the return, as a share of the fleet. */
  readonly peakReturn: number;
  /** The worst second of all requests, outage and return included, as a share of the fleet. */
  readonly peakRequests: number;
  readonly p50BackMs: number;
  readonly p95BackMs: number;
  readonly lastBackMs: number;
}

export const INTERVAL_MS = 5000;
const LEAD_MS = 60_000;
const TAIL_MS = 60_000;
const BUCKET_MS = 10;

const ACCEPTED: SyncOutcome = {
  kind: "accepted",
  serverTimeMs: undefined,
  reply: {
    executor: { id: "e", name: "e" },
    key: { id: "k", name: "k", expiresAt: null, revokesAt: null },
    organization: { id: "o", name: "o", slug: "o" },
    heartbeatTimeoutMs: 30_000,
    syncIntervalMs: null,
    compatibility: { verdict: "supported", recommendedVersion: null },
    duplicates: [],
    pendingUpgrade: null,
  },
};

/** The pause that the agent takes. */
export function agentPause(connection: Connection, random: () => number): number {
  return pauseAfter(connection, INTERVAL_MS, random);
}

/** What a loop without backoff does: the comparison. */
export function fixedPause(): number {
  return INTERVAL_MS;
}

export function simulateOutage(scenario: HerdScenario, random: () => number): HerdResult {
  const { agents, outageMs, pause } = scenario;
  const downAt = LEAD_MS;
  const upAt = LEAD_MS + outageMs;
  const endAt = upAt + TAIL_MS;
  const connections: Connection[] = Array.from({ length: agents }, () => ({ kind: "connecting", since: 0 }));
  const starts = Float64Array.from({ length: agents }, () => random() * INTERVAL_MS);
  const backAt = new Float64Array(agents);
  const requests = new Uint32Array(Math.ceil(endAt / 1000) + 1);
  const unavailable = unavailableOutcome(scenario.retryAfterMs);

  run(starts, endAt, (agent, now) => {
    const isUp = now < downAt || now >= upAt;
    requests[Math.floor(now / 1000)] = (requests[Math.floor(now / 1000)] ?? 0) + 1;
    if (now >= upAt && backAt[agent] === 0) backAt[agent] = now;
    const before = connections[agent] ?? { kind: "connecting", since: 0 };
    const connection = nextConnection(before, isUp ? ACCEPTED : unavailable, now);
    connections[agent] = connection;
    return now + pause(connection, random);
  });
  return measure(scenario, requests, backAt, upAt);
}

function unavailableOutcome(retryAfterMs: number | undefined): SyncOutcome {
  return {
    kind: "unreachable",
    cause: retryAfterMs === undefined ? "connection-refused" : "server-error",
    detail: "",
    remedy: undefined,
    retryAfterMs,
    slow: false,
    httpStatus: retryAfterMs === undefined ? undefined : 503,
  };
}

/** A calendar queue: each agent has one next request, `request` says when the one after it is. */
function run(starts: Float64Array, endAt: number, request: (agent: number, now: number) => number): void {
  const buckets: number[][] = [];
  const due = Float64Array.from(starts);
  const enqueue = (agent: number, at: number) => {
    due[agent] = at;
    const bucket = Math.floor(at / BUCKET_MS);
    (buckets[bucket] ??= []).push(agent);
  };
  starts.forEach((at, agent) => enqueue(agent, at));
  for (let bucket = 0; bucket * BUCKET_MS < endAt; bucket += 1) {
    for (const agent of buckets[bucket] ?? []) {
      const now = due[agent] ?? 0;
      enqueue(agent, Math.max(request(agent, now), (bucket + 1) * BUCKET_MS));
    }
    delete buckets[bucket];
  }
}

function measure(
  { name, agents }: HerdScenario,
  requests: Uint32Array,
  backAt: Float64Array,
  upAt: number,
): HerdResult {
  const back = Float64Array.from(backAt, (at) => at - upAt).sort();
  const returns = new Map<number, number>();
  for (const ms of back) returns.set(Math.floor(ms / 1000), (returns.get(Math.floor(ms / 1000)) ?? 0) + 1);
  const at = (share: number) => back[Math.min(agents - 1, Math.floor(share * agents))] ?? 0;
  return {
    name,
    agents,
    requestsPerSecond: [...requests],
    returnedAt: Math.floor(upAt / 1000),
    peakReturn: Math.max(...returns.values()) / agents,
    peakRequests: requests.subarray(6).reduce((most, count) => Math.max(most, count), 0) / agents,
    p50BackMs: at(0.5),
    p95BackMs: at(0.95),
    lastBackMs: back.at(-1) ?? 0,
  };
}
