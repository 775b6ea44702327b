import type { SyncOutcome } from "../../src/agent/sync/answer/sync-outcome.ts";
import { pauseAfter, pauseAtRestart } from "../../src/agent/sync/cadence.ts";
import { nextSyncState, type SyncState } from "../../src/agent/sync/sync-state.ts";
import { restartSpreadMs } from "../../src/control-plane/executors/pace/restart-spread.ts";

/** Simulates a fleet around one event with the agent's scheduling code, in virtual time (ms). */
export interface HerdScenario {
  readonly name: string;
  readonly agents: number;
  readonly event: HerdEvent;
  readonly policy: HerdPolicy;
}

export type HerdEvent =
  | {
      readonly kind: "outage";
      readonly ms: number;
      /** `Retry-After` of the 503 during the outage; undefined: connections are refused. */
      readonly retryAfterMs: number | undefined;
    }
  /** Every agent is restarted in the same moment. */
  | { readonly kind: "restart" };

/** When an agent's next request is due. */
export interface HerdPolicy {
  readonly intervalMs: number;
  readonly after: (connection: SyncState, random: () => number) => number;
  readonly atRestart: (agents: number, random: () => number) => number;
}

export interface HerdResult {
  readonly name: string;
  readonly agents: number;
  /** Requests in each second, from at least 60 s before the event on. */
  readonly requestsPerSecond: readonly number[];
  /** How many of them come before the event. */
  readonly leadS: number;
  /**
   * The second of `requestsPerSecond` in which the control plane returned or the agents restarted.
   */
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
const LEAST_LEAD_MS = 60_000;
const LEAST_TAIL_MS = 60_000;
const BUCKET_MS = 10;

const CONNECTING: SyncState = { kind: "connecting", since: 0 };
const ACCEPTED: SyncOutcome = {
  kind: "accepted",
  serverTimeMs: undefined,
  reply: {
    executor: { id: "e", name: "e" },
    key: { id: "k", name: "k", expiresAt: null, revokesAt: null },
    organization: { id: "o", name: "o", slug: "o" },
    heartbeatTimeoutMs: 30_000,
    syncIntervalMs: null,
    restartSpreadMs: null,
    compatibility: { verdict: "supported", recommendedVersion: null },
    duplicates: [],
    pendingUpgrade: null,
    nodes: null,
  },
};

/** The agent's scheduling, with what the control plane tells it about its fleet. */
export function agentPolicy(askedMs: number | null): HerdPolicy {
  const pace = { intervalMs: INTERVAL_MS, askedMs };
  const intervalMs = askedMs ?? INTERVAL_MS;
  return {
    intervalMs,
    after: (connection, random) => pauseAfter(connection, pace, random),
    atRestart: (agents, random) => pauseAtRestart(restartSpreadMs(agents, intervalMs / INTERVAL_MS), random),
  };
}

export const AGENT = agentPolicy(null);

/** A loop without backoff, for comparison. */
export const FIXED: HerdPolicy = { intervalMs: INTERVAL_MS, after: () => INTERVAL_MS, atRestart: () => 0 };

export function simulateHerd(scenario: HerdScenario, random: () => number): HerdResult {
  const { agents, event, policy } = scenario;
  // A slow fleet needs several of its intervals.
  const leadMs = Math.max(LEAST_LEAD_MS, 4 * policy.intervalMs);
  const upAt = leadMs + (event.kind === "outage" ? event.ms : 0);
  const endAt = upAt + Math.max(LEAST_TAIL_MS, 4 * policy.intervalMs);
  const connections: SyncState[] = Array.from({ length: agents }, () => CONNECTING);
  const starts = Float64Array.from({ length: agents }, () => random() * policy.intervalMs);
  const backAt = new Float64Array(agents);
  const requests = new Uint32Array(Math.ceil(endAt / 1000) + 1);
  const unavailable = unavailableOutcome(event.kind === "outage" ? event.retryAfterMs : undefined);
  const restarted = (now: number) => {
    connections.fill(CONNECTING);
    return Float64Array.from({ length: agents }, () => now + policy.atRestart(agents, random));
  };

  run(starts, endAt, event.kind === "restart" ? { atMs: upAt, restarted } : undefined, (agent, now) => {
    const isUp = now < leadMs || now >= upAt;
    const second = Math.floor(now / 1000);
    requests[second] = (requests[second] ?? 0) + 1;
    if (now >= upAt && backAt[agent] === 0) {
      backAt[agent] = now;
    }
    const connection = nextSyncState(connections[agent] ?? CONNECTING, isUp ? ACCEPTED : unavailable, now);
    connections[agent] = connection;
    return now + policy.after(connection, random);
  });
  return measure(scenario, requests, backAt, { leadMs, upAt });
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
function run(
  starts: Float64Array,
  endAt: number,
  restart: { readonly atMs: number; readonly restarted: (now: number) => Float64Array } | undefined,
  request: (agent: number, now: number) => number,
): void {
  let buckets: number[][] = [];
  let due: Float64Array = Float64Array.from(starts);
  const enqueue = (agent: number, at: number) => {
    due[agent] = at;
    const bucket = Math.floor(at / BUCKET_MS);
    const others = buckets[bucket];
    if (others === undefined) {
      buckets[bucket] = [agent];
    } else {
      others.push(agent);
    }
  };
  const enqueueAll = (all: Float64Array) => {
    for (const [agent, at] of all.entries()) {
      enqueue(agent, at);
    }
  };
  enqueueAll(starts);
  for (let bucket = 0; bucket * BUCKET_MS < endAt; bucket += 1) {
    if (restart !== undefined && bucket * BUCKET_MS === restart.atMs) {
      // A restart drops what the earlier processes had planned.
      buckets = [];
      due = restart.restarted(restart.atMs);
      enqueueAll(due);
    }
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
  { leadMs, upAt }: { readonly leadMs: number; readonly upAt: number },
): HerdResult {
  const back = Float64Array.from(backAt, (at) => at - upAt).sort();
  const returns = new Map<number, number>();
  for (const ms of back) {
    returns.set(Math.floor(ms / 1000), (returns.get(Math.floor(ms / 1000)) ?? 0) + 1);
  }
  const at = (share: number) => back[Math.min(agents - 1, Math.floor(share * agents))] ?? 0;
  return {
    name,
    agents,
    requestsPerSecond: [...requests],
    leadS: Math.floor(leadMs / 1000),
    returnedAt: Math.floor(upAt / 1000),
    peakReturn: Math.max(...returns.values()) / agents,
    peakRequests: requests.subarray(6).reduce((most, count) => Math.max(most, count), 0) / agents,
    p50BackMs: at(0.5),
    p95BackMs: at(0.95),
    lastBackMs: back.at(-1) ?? 0,
  };
}
