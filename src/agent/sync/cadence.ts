import type { SyncState } from "./sync-state.ts";

/** A wait is uniform between the two. */
interface Wait {
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * In an outage; the numbers come from a simulation of whole fleets (test/bench/herd.ts). The first retry is where the
 * next heartbeat would have been: sooner makes an outage an attack. The second is spread over a whole period of the
 * later ones, so that from then on a fleet is out of step however the outage began, and a thirteenth of it returns in
 * each second; the later ones differ little, and the last agent is back in half of the 30 s heartbeat timeout.
 */
const UNREACHABLE: { readonly first: Wait; readonly second: Wait; readonly later: Wait } = {
  first: { leastMs: 3500, mostMs: 6500 },
  second: { leastMs: 1800, mostMs: 14_800 },
  later: { leastMs: 11_200, mostMs: 14_800 },
};
/**
 * Three quick tries (a fresh key may need a moment to propagate), then towards a minute; firewalls ban the impatient.
 * Jitter is applied after the cap: those who wait at the cap must not wait in step.
 */
const REFUSED = { firstMs: 1000, capMs: 45_000, spread: 1 / 3 };

/** A longer wait than this is not taken from a control plane: an operator would think the agent dead. */
const RETRY_AFTER_LIMIT_MS = 300_000;
const RETRY_AFTER_SPREAD_MS = 10_000;
const STEADY_SPREAD = 0.05;
/** With the last sync before the restart at most 6 s ago, the executor stays well inside the 30 s heartbeat timeout. */
const LONGEST_RESTART_SPREAD_MS = 12_000;
/** What a control plane may ask for between two accepted syncs: neither a flood nor an executor that looks dead. */
const STEADY_LIMITS_MS = { least: 500, most: 300_000 };

/** Milliseconds to wait after the exchange that led to `connection`. `random` is uniform in [0, 1). */
export function pauseAfter(sync: SyncState, intervalMs: number, random: () => number): number {
  switch (sync.kind) {
    case "connecting":
      return 0;
    case "online":
      return jittered(steady(sync.reply.syncIntervalMs ?? intervalMs), STEADY_SPREAD, random);
    case "unreachable": {
      const { attempts, last } = sync;
      const pauseMs = last.slow ? afterRefusal(attempts, random) : afterFailure(attempts, random);
      return notBefore(last.retryAfterMs, pauseMs, random);
    }
    case "key-refused":
    case "forbidden":
      return notBefore(sync.last.retryAfterMs, afterRefusal(sync.attempts, random), random);
  }
}

/** Milliseconds that a restarted agent waits before its first sync. A control plane that does not say how large its fleet is gets the calm of the largest. */
export function pauseAtRestart(spreadMs: number | undefined, random: () => number): number {
  return random() * Math.min(LONGEST_RESTART_SPREAD_MS, Math.max(0, spreadMs ?? LONGEST_RESTART_SPREAD_MS));
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

/** `Retry-After` is a time not to come before. Those who were told the same second must not come in it: a long one is spread by 10 s and more. */
function notBefore(retryAfterMs: number | undefined, pauseMs: number, random: () => number): number {
  if (retryAfterMs === undefined) {
    return pauseMs;
  }
  const notBeforeMs = Math.min(retryAfterMs, RETRY_AFTER_LIMIT_MS);
  const spreadMs = pauseMs / 2 + Math.min(RETRY_AFTER_SPREAD_MS, notBeforeMs / 3);
  return Math.max(pauseMs, notBeforeMs + random() * spreadMs);
}
