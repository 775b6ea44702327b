import { type Clock, utcTime } from "../../../lib/clock.ts";
import { duration } from "../../../lib/duration.ts";
import { printable } from "../../../lib/printable.ts";
import { forAgent, inPlace, setKeyHint, withSudo } from "../../../lib/shell-word.ts";
import type { ExecutorProcess, SyncReply } from "../../../protocol/sync.ts";
import type { Entry } from "../../journal/entry.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { adviseDuplicates } from "./duplicates.ts";
import { hostOf, keyLabel } from "./wording.ts";

const DAY_MS = 86_400_000;
const EXPIRY_DAYS = [1, 3, 14];
/** A larger difference between this host's clock and the control plane's is reported, ms. */
export const CLOCK_TOLERANCE_MS = 60_000;

/** What has been reported of an accepted executor: each once, and again only after it was over. */
interface Notices {
  /** The last warning that the key expires: the one with the fewest days left. */
  readonly expiry: ExpiryNotice | undefined;
  readonly duplicates: readonly string[];
  readonly verdict: SyncReply["compatibility"]["verdict"];
  readonly isClockOff: boolean;
  /** The sync interval that the control plane asks for, ms; null: none. */
  readonly askedIntervalMs: number | null;
}

interface ExpiryNotice {
  readonly keyId: string | undefined;
  readonly days: number;
}

export const NO_NOTICES: Notices = {
  expiry: undefined,
  duplicates: [],
  verdict: "supported",
  isClockOff: false,
  askedIntervalMs: null,
};

/**
 * What else an accepted sync shows: an expiring key, a duplicate, an old version, a wrong clock.
 * `self` is this process.
 */
export function noticesOf(
  before: Notices,
  state: GenerationState,
  self: ExecutorProcess | undefined,
  version: string,
  clock: Clock,
) {
  const { sync } = state;
  if (sync.kind !== "online") {
    return { notices: before, entries: [] };
  }
  const { reply } = sync;
  const wallMs = clock.wall(sync.lastAt);
  const serverMs = sync.serverTimeMs ?? wallMs;
  const offsetMs = serverMs - wallMs;
  const notices: Notices = {
    expiry: expiryNotice(before.expiry, state, serverMs),
    duplicates: reply.duplicates.map((instance) => instance.instanceId),
    verdict: reply.compatibility.verdict,
    isClockOff: Math.abs(offsetMs) > CLOCK_TOLERANCE_MS,
    askedIntervalMs: reply.syncIntervalMs,
  };
  const entries: Entry[] = [];
  if (notices.expiry !== undefined && notices.expiry !== before.expiry) {
    entries.push(expiring(state, serverMs));
  }
  if (notices.duplicates.some((id) => !before.duplicates.includes(id))) {
    entries.push(duplicate(state, reply, self));
  }
  if (notices.duplicates.length === 0 && before.duplicates.length > 0) {
    entries.push(duplicateGone(state));
  }
  if (notices.verdict !== before.verdict) {
    entries.push(...versionEntries(reply.compatibility, version));
  }
  if (notices.isClockOff && !before.isClockOff) {
    entries.push(clockOff(state, offsetMs));
  }
  if (notices.askedIntervalMs !== before.askedIntervalMs) {
    entries.push(pace(state, reply));
  }
  return { notices, entries };
}

/**
 * Judged by the control plane's clock. Only a warning with fewer days left replaces the last one:
 * two servers behind one address may have different clocks.
 */
function expiryNotice(
  said: ExpiryNotice | undefined,
  { keyId, keyEndsAt }: GenerationState,
  serverMs: number,
): ExpiryNotice | undefined {
  const known = said?.keyId === keyId ? said : undefined;
  if (keyEndsAt === undefined) {
    return known;
  }
  const days = EXPIRY_DAYS.find((limit) => keyEndsAt - serverMs <= limit * DAY_MS);
  return days === undefined || (known !== undefined && known.days <= days) ? known : { keyId, days };
}

function expiring(state: GenerationState, serverMs: number): Entry {
  const endsAt = state.keyEndsAt ?? 0;
  const left = endsAt - serverMs;
  const end = `in ${duration(left)}, at ${utcTime(endsAt)}`;
  // In the grace of a rotation the successor exists; another one would be a third key.
  const isRotated = state.sync.kind === "online" && state.sync.reply.key.revokesAt !== null;
  const what = isRotated
    ? `was rotated, and its grace ends ${end}. Put the new key`
    : `expires ${end}. Create a new key and put it`;
  const { keySource, config } = state.generation;
  const place =
    config.controlPlane.credential === undefined
      ? `${keySource}${setKeyHint()}; nothing is interrupted.`
      : `the source of the ${keySource}, and restart the service: ${forAgent("set-key", withSudo)}`;
  return {
    event: "key.expiring",
    message: `The ${keyLabel(state)} ${what} into ${place}`,
    fields: { fingerprint: state.generation.key.fingerprint, keyId: state.keyId, endsAt },
  };
}

function duplicate(state: GenerationState, reply: SyncReply, self: ExecutorProcess | undefined): Entry {
  const { name } = state.generation.config.agent;
  const { who, remedy } = adviseDuplicates(reply.duplicates, self);
  return {
    event: "executor.duplicate",
    message: `Another process syncs as executor ${name} with the same key: ${who}. ${remedy}`,
    fields: { executor: name, duplicates: reply.duplicates.length },
  };
}

function duplicateGone(state: GenerationState): Entry {
  return {
    event: "executor.duplicate-gone",
    message: `No other process syncs as executor ${state.generation.config.agent.name} now.`,
  };
}

function pace({ generation }: GenerationState, { syncIntervalMs, heartbeatTimeoutMs }: SyncReply): Entry {
  const own = duration(generation.config.controlPlane.syncIntervalMs);
  const message =
    syncIntervalMs === null
      ? `The control plane asks for no longer sync interval any more. This executor syncs every ${own} again.`
      : `The control plane asks for a sync every ${duration(syncIntervalMs)}, because its fleet is large. Without a sync for ${duration(heartbeatTimeoutMs)}, this executor counts as offline. A new key is still tried at once.`;
  return {
    event: "sync.interval",
    message,
    fields: { intervalMs: syncIntervalMs ?? undefined, heartbeatTimeoutMs },
  };
}

/** What is wrong with this version; nothing if the control plane supports it. */
export function versionEntries(
  { verdict, recommendedVersion }: SyncReply["compatibility"],
  version: string,
): Entry[] {
  const upgrade =
    recommendedVersion === null ? "Upgrade it" : `Upgrade to ${printable(recommendedVersion, 40)}`;
  switch (verdict) {
    case "supported":
      return [];
    case "deprecated":
      return [
        {
          event: "agent.deprecated",
          message: `Version ${version} still works with the control plane, but is deprecated. ${upgrade}.`,
        },
      ];
    case "out_of_support":
      return [
        {
          event: "agent.out-of-support",
          message: `The control plane no longer supports version ${version}: the executor stays online, but its nodes cannot be managed. ${upgrade}.`,
        },
      ];
  }
}

function clockOff(state: GenerationState, offsetMs: number): Entry {
  const direction = offsetMs > 0 ? "behind" : "ahead of";
  return {
    event: "clock.off",
    message: `This host's clock is ${duration(Math.abs(offsetMs))} ${direction} ${hostOf(state.generation.config.controlPlane.url)}'s. One of the two is wrong. ${inPlace({ host: "Check this one with: timedatectl", pod: "This one is that of the Kubernetes node" })}`,
    fields: { offsetMs: Math.round(offsetMs) },
  };
}
