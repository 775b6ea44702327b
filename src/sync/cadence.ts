import type { Connection } from "./connection.ts";

/**
 * When the next sync is due. Jitter is applied after the cap: a fleet that waits at the cap must not wait in step.
 * The numbers come from a simulation of whole fleets (test/bench/herd.ts). Before the cap: a first retry sooner than
 * the next heartbeat would have been makes an outage an attack. At the cap: the waits are uniform in 7.3 to 14.7 s, so
 * that under a tenth of a fleet returns in any one second, and the last agent in half of the 30 s heartbeat timeout.
 */
const UNREACHABLE = { firstMs: 5000, capMs: 11_000, spread: 1 / 3 };
/** Three quick tries (a fresh key may need a moment to propagate), then towards a minute; firewalls ban the impatient. */
const REFUSED = { firstMs: 1000, capMs: 45_000, spread: 1 / 3 };

/** A longer wait than this is not taken from a control plane: an operator would think the agent dead. */
const RETRY_AFTER_LIMIT_MS = 300_000;
const STEADY_SPREAD = 0.05;
/** With the last sync before the restart at most 6 s ago, the executor stays well inside the 30 s heartbeat timeout. */
const LONGEST_RESTART_SPREAD_MS = 12_000;
/** What a control plane may ask for between two accepted syncs: neither a flood nor an executor that looks dead. */
const STEADY_LIMITS_MS = { least: 500, most: 300_000 };

/** Milliseconds to wait after the exchange that led to `connection`. `random` is uniform in [0, 1). */
export function pauseAfter(connection: Connection, intervalMs: number, random: () => number): number {
  switch (connection.kind) {
    case "connecting":
      return 0;
    case "online":
      return jittered(steady(connection.reply.syncIntervalMs ?? intervalMs), STEADY_SPREAD, random);
    case "unreachable": {
      const policy = connection.last.slow ? REFUSED : UNREACHABLE;
      return notBefore(connection.last.retryAfterMs, backoff(policy, connection.attempts, random), random);
    }
    case "key-refused":
    case "forbidden":
      return notBefore(connection.last.retryAfterMs, backoff(REFUSED, connection.attempts, random), random);
  }
}

/** Milliseconds that a restarted agent waits before its first sync. A control plane that does not say how large its fleet is gets the calm of the largest. */
export function pauseAtRestart(spreadMs: number | undefined, random: () => number): number {
  return random() * Math.min(LONGEST_RESTART_SPREAD_MS, Math.max(0, spreadMs ?? LONGEST_RESTART_SPREAD_MS));
}

function steady(intervalMs: number): number {
  return Math.min(STEADY_LIMITS_MS.most, Math.max(STEADY_LIMITS_MS.least, intervalMs));
}

function backoff(policy: typeof REFUSED, attempts: number, random: () => number): number {
  const base = Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(attempts - 1, 30));
  return jittered(base, policy.spread, random);
}

function jittered(ms: number, spread: number, random: () => number): number {
  return ms * (1 - spread + 2 * spread * random());
}

/** `Retry-After` is a time not to come before. Those who were told the same second must not come in it: a long one is spread by a tenth of itself. */
function notBefore(retryAfterMs: number | undefined, pauseMs: number, random: () => number): number {
  if (retryAfterMs === undefined) return pauseMs;
  const notBeforeMs = Math.min(retryAfterMs, RETRY_AFTER_LIMIT_MS);
  return Math.max(pauseMs, notBeforeMs + random() * (pauseMs / 2 + notBeforeMs / 10));
}
