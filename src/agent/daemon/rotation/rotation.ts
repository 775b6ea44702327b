import type { ConfigIssue } from "../../config/issue/config-issue.ts";
import type { KeyFinding } from "../../key/finding.ts";
import type { SyncOutcome } from "../../sync/answer/sync-outcome.ts";
import { type Generation, sameCredentials } from "./generation.ts";
import {
  afterOutcome,
  atStart,
  dueNow,
  type GenerationState,
  type KeyMemory,
  newGenerationState,
} from "./generation-state.ts";

/**
 * Make before break, as a pure function of what was there and what happened.
 *
 * There are at most two generations. `wanted` is what the files last validly said. `proven` is the
 * last one that was ever accepted; it is kept until the wanted one is accepted. Which of them the
 * executor runs on is derived, never stored:
 *
 *   proven exists and its last authoritative answer was an acceptance → runs on proven,
 *                                                                       wanted is a candidate
 *   otherwise → runs on wanted, proven is tried second
 *
 * Invariants, property-tested in test/agent/daemon/rotation/rotation.property.test.ts:
 *
 * - a generation that was accepted last is never left for one that was not accepted;
 * - an accepted key is not forgotten before another one has been accepted;
 * - a problem with the files (`problem`) changes nothing that runs.
 */
export interface Rotation {
  readonly wanted: GenerationState | undefined;
  readonly proven: GenerationState | undefined;
  /** The problem of the files as they are now; undefined while they are what `wanted` says. */
  readonly problem: FileProblem | undefined;
}

export type FileProblem =
  | { readonly kind: "invalid"; readonly issues: readonly ConfigIssue[]; readonly since: number }
  | {
      readonly kind: "key-unusable";
      readonly findings: readonly KeyFinding[];
      readonly keySource: string;
      /** The name of the systemd credential that the key is, if it is one. */
      readonly credential?: string | undefined;
      readonly since: number;
    };

export type RotationEvent =
  | { readonly kind: "file-valid"; readonly generation: Generation; readonly memory: KeyMemory | undefined }
  | { readonly kind: "file-problem"; readonly problem: FileProblem }
  | { readonly kind: "outcome"; readonly generationId: number; readonly outcome: SyncOutcome }
  /** SIGHUP, `retry`: every planned sync is due now. */
  | { readonly kind: "retry" };

export const NOTHING_YET: Rotation = { wanted: undefined, proven: undefined, problem: undefined };

/** The generation that the executor is on. Undefined until the files have been valid once. */
export function running(rotation: Rotation): GenerationState | undefined {
  return rotation.proven?.verdict === "accepted" ? rotation.proven : rotation.wanted;
}

export function byId({ wanted, proven }: Rotation, generationId: number): GenerationState | undefined {
  return [wanted, proven].find((state) => state?.generation.id === generationId);
}

/** The generation that must be accepted before the executor switches to it. */
export function candidate(rotation: Rotation): GenerationState | undefined {
  return running(rotation) === rotation.wanted ? undefined : rotation.wanted;
}

/** The generation whose sync is due first; the running one if both are. */
export function nextDue(rotation: Rotation): GenerationState | undefined {
  const { wanted, proven } = rotation;
  if (wanted === undefined || proven === undefined) {
    return wanted ?? proven;
  }
  if (wanted.nextAt === proven.nextAt) {
    return running(rotation);
  }
  return wanted.nextAt < proven.nextAt ? wanted : proven;
}

export function nextRotation(
  rotation: Rotation,
  event: RotationEvent,
  now: number,
  random: () => number,
): Rotation {
  switch (event.kind) {
    case "file-valid":
      return afterValidFile(rotation, newGenerationState(event.generation, now, event.memory), now, random);
    case "file-problem":
      return { ...withoutCandidate(rotation), problem: event.problem };
    case "outcome":
      return afterExchange(rotation, event.generationId, event.outcome, now, random);
    case "retry":
      return {
        ...rotation,
        wanted: rotation.wanted && dueNow(rotation.wanted, now),
        proven: rotation.proven && dueNow(rotation.proven, now),
      };
  }
}

function afterValidFile(
  rotation: Rotation,
  fresh: GenerationState,
  now: number,
  random: () => number,
): Rotation {
  const { wanted, proven, problem } = rotation;
  if (wanted === undefined) {
    // Somebody has just fixed the file and waits for the result.
    const first = problem === undefined ? atStart(fresh, now, random) : fresh;
    return { wanted: first, proven: undefined, problem: undefined };
  }
  if (sameCredentials(wanted.generation, fresh.generation)) {
    return { wanted: triedAgain(renewed(wanted, fresh.generation), now), proven, problem: undefined };
  }
  if (proven !== undefined && sameCredentials(proven.generation, fresh.generation)) {
    const back = triedAnew(renewed(proven, fresh.generation), now);
    return { wanted: back, proven: undefined, problem: undefined };
  }
  // At the start, what an earlier process knew counts as an answer; later it does not.
  return { wanted: { ...fresh, verdict: undefined }, proven: lastProven(wanted, proven), problem: undefined };
}

/** The running one if it is accepted; else the one that was accepted last, by any process. */
function lastProven(
  wanted: GenerationState,
  proven: GenerationState | undefined,
): GenerationState | undefined {
  if (proven?.verdict === "accepted" || wanted.acceptedAt === undefined) {
    return proven;
  }
  if (proven?.acceptedAt === undefined) {
    return wanted;
  }
  return proven.acceptedAt > wanted.acceptedAt ? proven : wanted;
}

/** Somebody who saves the file of a refused key, even unchanged, wants to see it tried. */
function triedAgain(state: GenerationState, now: number): GenerationState {
  return isRefused(state) ? dueNow(state, now) : state;
}

/**
 * An earlier key is in the file again. If it was refused, what becomes of it now is told, even if
 * that is the same.
 */
function triedAnew(state: GenerationState, now: number): GenerationState {
  const due = dueNow(state, now);
  return state.verdict === "accepted" ? due : { ...due, sync: { kind: "connecting", since: now } };
}

function isRefused({ sync }: GenerationState): boolean {
  return sync.kind === "key-refused" || sync.kind === "forbidden";
}

/** Same credentials, other settings: the request in flight and the client stay. */
function renewed(state: GenerationState, generation: Generation): GenerationState {
  return { ...state, generation: { ...generation, id: state.generation.id } };
}

/**
 * The files no longer contain the candidate. A running key that is itself refused keeps the other
 * one: a key is never discarded.
 */
function withoutCandidate(rotation: Rotation): Rotation {
  return candidate(rotation) === undefined
    ? rotation
    : { ...rotation, wanted: rotation.proven, proven: undefined };
}

function afterExchange(
  rotation: Rotation,
  generationId: number,
  outcome: SyncOutcome,
  now: number,
  random: () => number,
): Rotation {
  const { wanted, proven } = rotation;
  if (wanted?.generation.id === generationId) {
    const next = afterOutcome(wanted, outcome, now, random);
    if (outcome.kind === "accepted") {
      return { ...rotation, wanted: next, proven: undefined };
    }
    return { ...rotation, wanted: next, proven: proven && secondTry(proven, next, now) };
  }
  if (proven?.generation.id === generationId) {
    const next = afterOutcome(proven, outcome, now, random);
    return { ...rotation, wanted: wanted && neighbour(wanted, proven, next, now), proven: next };
  }
  return rotation;
}

/**
 * If a control plane refuses good keys for a while, a bad edit must not evict the good key: that is
 * tried right after each refusal of the file's key.
 */
function secondTry(proven: GenerationState, wanted: GenerationState, now: number): GenerationState {
  return isRefused(wanted) && proven.verdict !== "accepted" ? dueNow(proven, now) : proven;
}

/**
 * The candidate does not wait out its backoff if the running key was just refused, or the control
 * plane just came back.
 */
function neighbour(
  wanted: GenerationState,
  before: GenerationState,
  after: GenerationState,
  now: number,
): GenerationState {
  const refusedNow = before.verdict === "accepted" && after.verdict === "refused";
  const cameBack = before.sync.kind === "unreachable" && after.sync.kind === "online";
  return refusedNow || (cameBack && wanted.sync.kind === "unreachable") ? dueNow(wanted, now) : wanted;
}
