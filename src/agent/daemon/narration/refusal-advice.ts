import { type Clock, utcTime } from "../../../lib/clock.ts";
import type { Refusal } from "../../sync/answer/sync-outcome.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { clockTime } from "./wording.ts";

/** Why a key was most likely refused, and what to do: from the control plane's reason, and from what this agent has seen of the key. */
export interface RefusalAdvice {
  /** A clause: `it was revoked; it was accepted until 12:03:06`. */
  readonly why: string;
  /** A sentence in the imperative. */
  readonly remedy: string;
}

/** How another key gets to where this one came from: into its file, or by the command that this one was handed to (`again`: `Run set-key again`). */
export type KeyRoute = { readonly kind: "file" } | { readonly kind: "command"; readonly again: string };

const BY_FILE: KeyRoute = { kind: "file" };

export function adviseRefusal(
  refusal: Refusal,
  state: GenerationState,
  clock: Clock,
  route: KeyRoute = BY_FILE,
): RefusalAdvice {
  return refusal.kind === "refused"
    ? { why: whyRefused(refusal, state, clock), remedy: remedyOf401(refusal, state, route) }
    : adviseForbidden(refusal, state, route);
}

/** 401: the reason code first, then whether the key was ever accepted here, then how it looks. */
function whyRefused(refusal: Refusal, state: GenerationState, clock: Clock): string {
  const until =
    state.acceptedAt === undefined ? undefined : `accepted until ${clockTime(clock, state.acceptedAt)}`;
  const length = oddLength(state);
  switch (refusal.reason) {
    case "revoked":
      return until === undefined
        ? "it is revoked (or was rotated)"
        : `it was revoked or rotated; it was ${until}`;
    case "expired":
      return `${expiry(refusal, state)}${until === undefined ? "" : `; it was ${until}`}`;
    case "damaged":
      return "the control plane's own record of it is damaged";
    case "malformed":
      return `the control plane does not take it for an executor key${length === undefined ? "" : `: ${length}`}`;
    case "unknown":
      if (until !== undefined) {
        return `the control plane does not know it any more (deleted?); it was ${until}`;
      }
      return `the control plane does not know it: ${length ?? "it was deleted, or belongs to another control plane"}`;
    default:
      if (until !== undefined) {
        return `it was ${until}, so it was rotated, revoked or expired since`;
      }
      return `it was never accepted here: ${length ?? "cut off when copied, revoked before use, or of another organization or control plane"}`;
  }
}

function remedyOf401(refusal: Refusal, state: GenerationState, route: KeyRoute): string {
  const isDead = refusal.reason === "revoked" || refusal.reason === "expired";
  const looksDamaged = refusal.reason === "unknown" || (!isDead && oddLength(state) !== undefined);
  if (looksDamaged && state.acceptedAt === undefined) {
    return route.kind === "file"
      ? `Copy the whole key again into ${state.generation.keySource}, or create a new one; check control_plane.url. The agent takes it at once.`
      : `${route.again} with the whole key, or with a new one; check control_plane.url.`;
  }
  return route.kind === "file"
    ? `${bring("a working key", state, route)} (novacula-agent set-key); the agent takes it at once.`
    : `${bring("a working key", state, route)}.`;
}

/** A clause in the imperative. */
function bring(key: string, state: GenerationState, route: KeyRoute): string {
  return route.kind === "file"
    ? `Put ${key} into ${state.generation.keySource}`
    : `${route.again} with ${key}`;
}

function adviseForbidden(refusal: Refusal, state: GenerationState, route: KeyRoute): RefusalAdvice {
  const { name } = state.generation.config.agent;
  const working = bring("a working key", state, route);
  const it = bring("it", state, route);
  const andBringIt = `and ${it.charAt(0).toLowerCase()}${it.slice(1)}`;
  switch (refusal.reason) {
    case "wrong_organization":
      return {
        why: "it belongs to another organization than this executor has been in",
        remedy: `${working} that is of this organization; to move the host on purpose: novacula-agent set-key --new-organization.`,
      };
    case "key_targets_other_executor":
      return {
        why: `it was issued for another executor than ${name}`,
        remedy: `Create a key for ${name} (or for a new executor) ${andBringIt}, or fix [agent].name.`,
      };
    case "target_deleted":
      return {
        why: "it was made for an executor that was deleted on the control plane",
        remedy: `Create a key without a target ${andBringIt}; ${name} registers again with it.`,
      };
    case "key_executor_limit":
      return {
        why: "it has enrolled as many executors as one key may",
        remedy: `Create another key for ${name} ${andBringIt}, or delete executors that are gone.`,
      };
    case "key_held_by_other_executor":
      return {
        why: `${name} is bound to another key, and this one serves another executor already`,
        remedy: `Create a key of its own for ${name} ${andBringIt}, or fix [agent].name.`,
      };
    case "kind_mismatch":
      return {
        why: `${name} is known as an operator (Kubernetes), not as an agent`,
        remedy: "Give this host another [agent].name.",
      };
    default:
      return {
        why: `its scope does not reach this executor (${refusal.message})`,
        remedy: `${working} that is an executor key of this organization.`,
      };
  }
}

/** The control plane's own clock judges an expiry where it sent one; a clock of this host that is off explains other things, not this. */
function expiry(refusal: Refusal, state: GenerationState): string {
  const ends = state.keyEndsAt;
  if (ends === undefined) {
    return "it has expired";
  }
  // Its `Date` is in whole seconds, cut off.
  const past = refusal.serverTimeMs === undefined || ends < refusal.serverTimeMs + 1000;
  return past ? `it expired at ${utcTime(ends)}` : "it has expired";
}

/** `probably cut off when copied (has 46 characters behind exc_ where a key has 64)`; undefined for a key of the usual length. */
function oddLength(state: GenerationState): string | undefined {
  const finding = state.generation.findings.find(({ code }) => code === "unusual-length");
  const [count, guess] = finding?.problem.split(/: | \(/u) ?? [];
  return guess === undefined ? undefined : `${guess} (${count})`;
}
