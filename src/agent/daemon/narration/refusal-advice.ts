import { type Clock, utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { forAgent, inPlace, setKeyHint, shellWord, withSudo } from "../../../lib/shell-word.ts";
import { FORBIDDEN_REASONS, KEY_REFUSAL_REASONS } from "../../../protocol/refusal.ts";
import type { KeyFinding } from "../../key/finding.ts";
import { meantStatus, type Refusal } from "../../sync/answer/sync-outcome.ts";
import type { GenerationState, NewerKey } from "../rotation/generation-state.ts";
import { wentBack } from "./went-back.ts";
import { clockTime, credentialFix } from "./wording.ts";

/** Why a key was most likely refused, and what to do about it. */
interface RefusalAdvice {
  /** A clause: `it was revoked or rotated; last accepted at 2026-11-28 12:03:06 UTC`. */
  readonly why: string;
  /** One or more sentences in the imperative. */
  readonly remedy: string;
}

/** What the advice needs to know of the refused key. */
interface RefusedKey {
  readonly executorName: string;
  /** False: it is the host's. */
  readonly isNameSet: boolean;
  /** Where the key is: `agent.toml line 7`, or the key file's path. */
  readonly keySource: string;
  /** The name of the systemd credential that it is, if it is one: its file cannot be written. */
  readonly credential?: string | undefined;
  readonly findings: readonly KeyFinding[];
  /** When this host's agent was last accepted with it, a moment of the clock; undefined: never. */
  readonly acceptedAt: number | undefined;
  readonly newer?: NewerKey | undefined;
  /** When it expires, epoch ms of the control plane; undefined: never, or not known. */
  readonly keyEndsAt: number | undefined;
}

/**
 * How another key gets to where this one came from: into its file, or by the command `again`.
 * `move` is the command that moves the agent to another organization.
 */
export type KeyRoute =
  | { readonly kind: "file" }
  | { readonly kind: "command"; readonly again: string; readonly move: string };

const BY_FILE: KeyRoute = { kind: "file" };

export function refusedKeyOf({ generation, acceptedAt, newer, keyEndsAt }: GenerationState): RefusedKey {
  const { config, keySource, findings } = generation;
  const { name: executorName, isNameSet } = config.agent;
  const { credential } = config.controlPlane;
  return { executorName, isNameSet, keySource, credential, findings, acceptedAt, newer, keyEndsAt };
}

export function adviseRefusal(
  refusal: Refusal,
  key: RefusedKey,
  clock: Clock,
  route: KeyRoute = BY_FILE,
): RefusalAdvice {
  const advice =
    refusal.kind === "refused"
      ? { why: whyRefused(refusal, key, clock), remedy: remedyOf401(refusal, key, route) }
      : adviseForbidden(refusal, key, route);
  const own = refusal.kind === "refused" ? wentBack(advice, key, clock, route.kind === "file") : advice;
  const told = isDoubtful(refusal) ? inDoubt(own) : own;
  return route.kind === "file" && key.credential !== undefined
    ? { why: told.why, remedy: `${told.remedy}${told.remedy.endsWith(".") ? " " : "; "}${credentialFix()}` }
    : told;
}

/**
 * `401 revoked`; `401, "Unauthorized"` if the control plane gave no reason. With `isFull` the words
 * of the server are always there.
 */
export function codeOf(refusal: Refusal, isFull = false): string {
  const { reason, message, isMarked } = refusal;
  const code = reason === undefined ? `${meantStatus(refusal)}` : `${meantStatus(refusal)} ${reason}`;
  const hasWords = message !== "" && (isFull || reason === undefined);
  // Of our own refusals the remedy is not said twice: the advice has it.
  const words = isMarked && OWN_REASONS.has(reason ?? "") ? message.replace(/: [^"]*$/u, "") : message;
  return hasWords ? `${code}, "${words}"` : code;
}

/** Refusals that no other server gives. */
const OWN_REASONS: ReadonlySet<string> = new Set([...KEY_REFUSAL_REASONS, ...FORBIDDEN_REASONS]);

/** An older control plane refuses in a form that gateways and other services use, too. */
function isDoubtful({ isMarked, reason }: Refusal): boolean {
  return !isMarked && !OWN_REASONS.has(reason ?? "");
}

function inDoubt({ why, remedy }: RefusalAdvice): RefusalAdvice {
  return {
    why: `${why}; or something in between refused the request, whose answers can look the same`,
    remedy: `${remedy} If the key is good, check control_plane.url and any proxy on the way.`,
  };
}

/** An older control plane does not say which. */
const REVOKED = {
  true: "it was rotated: another key replaced it",
  false: "it was revoked",
  undefined: "it was revoked or rotated",
} as const;

/** By the reason code first, then by whether the key was ever accepted here, then by its looks. */
function whyRefused(refusal: Refusal, key: RefusedKey, clock: Clock): string {
  const accepted =
    key.acceptedAt === undefined ? undefined : `last accepted at ${clockTime(clock, key.acceptedAt)}`;
  const lastAccepted = accepted === undefined ? "" : `; it was ${accepted}`;
  const length = oddLength(key);
  switch (refusal.reason) {
    case "revoked":
      return `${REVOKED[`${refusal.facts.rotated}`]}${lastAccepted}`;
    case "expired":
      return `${expiry(refusal, key)}${lastAccepted}`;
    case "damaged":
      return "the control plane's own record of it is damaged";
    case "malformed":
      return `the control plane does not recognize it as an executor key${length === undefined ? "" : `: ${length}`}`;
    case "unknown":
      return accepted === undefined
        ? `the control plane does not know it: ${length ?? "it was deleted, or belongs to another control plane"}`
        : `the control plane no longer knows it: it was deleted, or another control plane or a restored database answers there${lastAccepted}`;
    default:
      return accepted === undefined
        ? `it was never accepted here: ${length ?? "it is incomplete, was revoked before its first use, or belongs to another organization or control plane"}`
        : `it was ${accepted}, and has been rotated, revoked or has expired since`;
  }
}

function remedyOf401(refusal: Refusal, key: RefusedKey, route: KeyRoute): string {
  const isDead = refusal.reason === "revoked" || refusal.reason === "expired";
  const looksDamaged = refusal.reason === "unknown" || (!isDead && oddLength(key) !== undefined);
  if (looksDamaged && key.acceptedAt === undefined) {
    return route.kind === "file"
      ? `Copy the whole key again into ${placeOf(key)}, or create a new one; check control_plane.url.${noRestart(key)}`
      : `${route.again} with the whole key, or with a new one; check control_plane.url.`;
  }
  return route.kind === "file"
    ? `${bring("a working key", key, route)}${key.credential === undefined ? setKeyHint() : ""}.${noRestart(key)}${refusal.reason === "unknown" ? whoAnswers() : ""}`
    : `${bring("a working key", key, route)}.`;
}

/** Doctor sees who has the port of a control plane of this host. */
function whoAnswers(): string {
  const doctor = forAgent("doctor", withSudo);
  return inPlace({ host: ` If nobody deleted it, see who answers there (${doctor}).`, pod: "" });
}

/** A clause in the imperative. */
function bring(what: string, key: RefusedKey, route: KeyRoute): string {
  return route.kind === "file" ? `Put ${what} into ${placeOf(key)}` : `${route.again} with ${what}`;
}

function placeOf({ keySource, credential }: RefusedKey): string {
  return credential === undefined ? keySource : `the source of the ${keySource}`;
}

function noRestart({ credential }: RefusedKey): string {
  return credential === undefined ? " No restart is needed." : "";
}

function adviseForbidden(refusal: Refusal, key: RefusedKey, route: KeyRoute): RefusalAdvice {
  const name = key.executorName;
  const back = key.isNameSet
    ? "if agent.name was changed, set it back"
    : "if the host was renamed, set agent.name in agent.toml (it is not set now) to the earlier name";
  // First what keeps the nodes: with a key for the new name, they are out of sight.
  const keepNodes = `An executor keeps its nodes only under its own name: ${back}`;
  const working = bring("a working key", key, route);
  const it = bring("it", key, route);
  const andBringIt = `and ${it.charAt(0).toLowerCase()}${it.slice(1)}`;
  switch (refusal.reason) {
    case "wrong_organization":
      return adviseOrganization(refusal, key, route);
    case "key_targets_other_executor":
      return {
        why: `it was issued for an executor other than ${name}`,
        remedy: `${keepNodes}. If ${name} is right, which starts without those nodes, create a key for it ${andBringIt}.`,
      };
    case "target_deleted":
      return {
        why: "it was issued for an executor that was deleted at the control plane",
        remedy: `Create a key without a target ${andBringIt}; ${name} registers again with it.`,
      };
    case "key_executor_limit":
      return {
        why: "it has registered as many executors as one key may",
        remedy: `Create another key for ${name} ${andBringIt}, or delete executors that no longer exist.`,
      };
    case "key_held_by_other_executor":
      return {
        why: `${name} is bound to another key, and this one is bound to another executor`,
        remedy: `${keepNodes}. If ${name} is right, which starts without those nodes, create a key of its own for it ${andBringIt}.`,
      };
    case "kind_mismatch":
      return {
        why: `${name} is registered as an operator (Kubernetes), not as an agent`,
        remedy: "Give this host another agent.name.",
      };
    default:
      return {
        why: "the control plane does not allow it here",
        remedy: `${working} that is an executor key of this organization.`,
      };
  }
}

/** Most often the key is the mistake: the way back to the executor's organization comes first. */
function adviseOrganization(refusal: Refusal, key: RefusedKey, route: KeyRoute): RefusalAdvice {
  const { facts, executorOrganization: own } = refusal;
  const theirs = facts.organization === undefined ? undefined : `organization ${facts.organization}`;
  const move = `To move this host to ${theirs ?? "the other organization"} instead: ${inPlace({ host: route.kind === "command" ? route.move : forAgent("set-key --new-organization", withSudo), pod: "install it again with an empty volume for its state" })}`;
  if (own === undefined) {
    const working = bring("a key of the executor's organization", key, route);
    return {
      why: `it belongs to ${theirs ?? "an organization"} that is not the executor's`,
      remedy: `${working}. ${move}`,
    };
  }
  const ours = `organization ${printable(own.slug ?? own.name, 64)}`;
  const create = `novacula-control-plane keys create --org ${shellWord(own.slug ?? own.id)} --target ${shellWord(key.executorName)}`;
  const setKey = route.kind === "file" && key.credential === undefined ? setKeyHint() : "";
  return {
    why: `it belongs to ${theirs ?? "another organization"}, but this executor to ${ours}`,
    remedy: `${bring(`a key of ${ours}`, key, route)}${setKey}; the control plane creates one (sudo ${create}). ${move}`,
  };
}

/** An expiry is judged by the control plane's clock if it sent one: this host's may be wrong. */
function expiry(refusal: Refusal, { keyEndsAt }: RefusedKey): string {
  if (keyEndsAt === undefined) {
    return "it has expired";
  }
  // The `Date` header is cut to whole seconds.
  const isPast = refusal.serverTimeMs === undefined || keyEndsAt < refusal.serverTimeMs + 1000;
  return isPast ? `it expired at ${utcTime(keyEndsAt)}` : "it has expired";
}

/**
 * `probably cut off when copied (has 46 characters after exc_, but a key has 64)`; undefined for
 * a key of the usual length.
 */
function oddLength({ findings }: RefusedKey): string | undefined {
  const finding = findings.find(({ code }) => code === "unusual-length");
  const [count, guess] = finding?.problem.split(/: | \(/u) ?? [];
  return guess === undefined ? undefined : `${guess} (${count})`;
}
