import type { SyncReply } from "../../protocol/sync.ts";
import type { SyncState } from "./sync-state.ts";

/** A random wait, uniform between the two, ms. */
interface Wait {
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * Waits in an outage, from a simulation of whole fleets (test/bench/herd.ts). The first retry comes
 * when the next heartbeat was due: sooner, an outage would become an attack. The second is spread
 * over a whole period of the later ones. From then on the fleet is out of step, however the outage
 * began, and a thirteenth of it returns in each second. The later waits differ little, so the last
 * agent is back within half of the heartbeat timeout of 30 s.
 */
const UNREACHABLE: { readonly first: Wait; readonly second: Wait; readonly later: Wait } = {
  first: { leastMs: 3500, mostMs: 6500 },
  second: { leastMs: 1800, mostMs: 14_800 },
  later: { leastMs: 11_200, mostMs: 14_800 },
};
/**
 * Waits after a refusal: three quick retries, because a fresh key may need a moment to propagate,
 * then up to a minute, because firewalls ban clients that retry quickly. Jitter is applied after
 * the cap, so that those who wait at the cap do not retry in step.
 */
const REFUSED = { firstMs: 1000, capMs: 45_000, spread: 1 / 3 };

/**
 * The longest wait that a control plane may ask for, ms: after a longer one, an operator would
 * think that the agent is dead.
 */
const RETRY_AFTER_LIMIT_MS = 300_000;
const RETRY_AFTER_SPREAD_MS = 10_000;
/** Half of the longest pause of a fleet that syncs every 5 s, ms. */
const LONGEST_HALF_MS = 30_000;
const STEADY_SPREAD = 0.05;
/**
 * The spread of first syncs of a fleet that syncs every 5 s, ms. With the last sync at most 6 s
 * before a restart, the executor stays well within the heartbeat timeout of 30 s.
 */
const RESTART_SPREAD_MS = 12_000;
/** Nobody who restarts an agent waits longer for it, ms. */
const LONGEST_RESTART_SPREAD_MS = 60_000;
/** The part of the heartbeat timeout that a spread may take. */
const SPREAD_OF_TIMEOUT = RESTART_SPREAD_MS / 30_000;
/**
 * The sync intervals that a control plane may ask for, ms: neither a flood nor an executor that
 * looks dead.
 */
const STEADY_LIMITS_MS = { least: 500, most: 300_000 };
/** The interval for which the waits in an outage are made, ms. */
const USUAL_INTERVAL_MS = 5000;
/** A slow fleet waits so many times longer at most, which is five minutes. */
const MOST_FACTOR = 20;

/**
 * Milliseconds to wait after the request that led to `sync`. `intervalMs` is the configured one.
 * The control plane may ask for a longer one: `askedMs` is what it asked for last, null for
 * nothing. A fleet that was told to be slower also returns more slowly after an outage. `random` is
 * uniform in [0, 1).
 */
export function pauseAfter(
  sync: SyncState,
  { intervalMs, askedMs }: { readonly intervalMs: number; readonly askedMs: number | null },
  random: () => number,
): number {
  switch (sync.kind) {
    case "connecting":
      return 0;
    case "online":
      return jittered(steady(Math.max(intervalMs, askedMs ?? 0)), STEADY_SPREAD, random);
    case "unreachable": {
      const { attempts, last } = sync;
      const factor = Math.min(MOST_FACTOR, Math.max(1, (askedMs ?? 0) / USUAL_INTERVAL_MS));
      const pauseMs = last.slow ? afterRefusal(attempts, random) : factor * afterFailure(attempts, random);
      return notBefore(last.retryAfterMs, pauseMs, random);
    }
    case "key-refused":
    case "forbidden":
      return notBefore(sync.last.retryAfterMs, afterRefusal(sync.attempts, random), random);
  }
}

/**
 * Milliseconds that a restarted agent waits before its first sync. Without a spread from the
 * control plane, its fleet counts as one of 10,000.
 */
export function pauseAtRestart(spreadMs: number | undefined, random: () => number): number {
  return random() * Math.min(LONGEST_RESTART_SPREAD_MS, Math.max(0, spreadMs ?? RESTART_SPREAD_MS));
}

/** The spread that a reply asks for, ms, and that leaves the executor online; undefined: none. */
export function restartSpreadOf({
  restartSpreadMs,
  heartbeatTimeoutMs,
}: Pick<SyncReply, "restartSpreadMs" | "heartbeatTimeoutMs">): number | undefined {
  const mostMs = Math.max(RESTART_SPREAD_MS, heartbeatTimeoutMs * SPREAD_OF_TIMEOUT);
  return restartSpreadMs === null ? undefined : Math.min(restartSpreadMs, mostMs);
}

function steady(intervalMs: number): number {
  return Math.min(STEADY_LIMITS_MS.most, Math.max(STEADY_LIMITS_MS.least, intervalMs));
}

function afterFailure(attempts: number, random: () => number): number {
  const { first, second, later } = UNREACHABLE;
  const { leastMs, mostMs } = attempts <= 1 ? first : attempts === 2 ? second : later;
  return leastMs + (mostMs - leastMs) * random();
}

function afterRefusal(attempts: number, random: () => number): number {
  const base = Math.min(REFUSED.capMs, REFUSED.firstMs * 2 ** Math.min(attempts - 1, 30));
  return jittered(base, REFUSED.spread, random);
}

function jittered(ms: number, spread: number, random: () => number): number {
  return ms * (1 - spread + 2 * spread * random());
}

/**
 * `Retry-After` is the earliest moment of the next request. Agents that got the same moment must
 * not come in the same second, so a long wait is spread by 10 s and more.
 */
function notBefore(retryAfterMs: number | undefined, pauseMs: number, random: () => number): number {
  if (retryAfterMs === undefined) {
    return pauseMs;
  }
  const notBeforeMs = Math.min(retryAfterMs, RETRY_AFTER_LIMIT_MS);
  const spreadMs = Math.min(pauseMs / 2, LONGEST_HALF_MS) + Math.min(RETRY_AFTER_SPREAD_MS, notBeforeMs / 3);
  return Math.max(pauseMs, notBeforeMs + random() * spreadMs);
}
