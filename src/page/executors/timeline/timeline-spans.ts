import type { Transition } from "../../api/executors.ts";

/** A time in which the executor was online or not; all times are epoch ms. */
export interface Span {
  /** Stopped: somebody stopped its agent, so nothing is wrong. Offline: it fell silent. */
  readonly state: "online" | "stopped" | "offline" | "unknown";
  readonly from: number;
  readonly to: number;
}

/** The moments and spans of a timeline, oldest first. */
export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly spans: readonly Span[];
  /** Key changes and refusals. */
  readonly marks: readonly Transition[];
}

/** What the executor is now. Its last transition may not have been written yet. */
interface Present {
  readonly isOnline: boolean;
  readonly lastSyncAt: number | null;
  /** When its agent was stopped; null: it was not. */
  readonly stoppedAt: number | null;
}

/**
 * The transitions, newest first, with the one that the control plane writes only after the
 * heartbeat timeout: an executor that is offline has stopped or fallen silent.
 */
export function withPresent(
  transitions: readonly Transition[],
  { isOnline, lastSyncAt, stoppedAt }: Present,
): readonly Transition[] {
  const at = stoppedAt ?? lastSyncAt;
  const last = transitions.find(({ kind }) => kind === "online" || kind === "offline");
  if (isOnline || at === null || last?.kind !== "online" || at < last.at) {
    return transitions;
  }
  const cause = stoppedAt === null ? "silent" : "stopped";
  const missing: Transition = { kind: "offline", at, cause, key: null, address: null };
  return [missing, ...transitions].sort((one, other) => other.at - one.at);
}

/** Undefined: nothing is known. `transitions` are newest first; older ones were dropped. */
export function timelineOf(
  transitions: readonly Transition[],
  present: Present,
  now: number,
): Timeline | undefined {
  const oldest = transitions.at(-1);
  if (oldest === undefined) {
    return undefined;
  }
  const from = oldest.at;
  const to = Math.max(now, transitions[0]?.at ?? now, from + 1);
  const changes = [...transitions].reverse().flatMap(changeOf);
  const last = changes.at(-1)?.state ?? "unknown";
  const isTold = last !== "unknown" && (last === "online") === present.isOnline;
  if (!isTold) {
    const { state, since } = stateOf(present);
    changes.push({ state, at: Math.min(Math.max(since ?? to, changes.at(-1)?.at ?? from), to) });
  }
  const starts = changes[0]?.at === from ? changes : [{ state: "unknown" as const, at: from }, ...changes];
  const spans = starts.map(({ state, at }, index) => ({ state, from: at, to: starts[index + 1]?.at ?? to }));
  return {
    from,
    to,
    spans: spans.filter(({ from: start, to: end }) => end > start),
    marks: marksOf(transitions),
  };
}

/** `since`: null: it is not known. */
function stateOf({ isOnline, lastSyncAt, stoppedAt }: Present): {
  readonly state: Span["state"];
  readonly since: number | null;
} {
  if (!isOnline && stoppedAt !== null) {
    return { state: "stopped", since: stoppedAt };
  }
  return { state: isOnline ? "online" : "offline", since: lastSyncAt };
}

function changeOf(transition: Transition): { readonly state: Span["state"]; readonly at: number }[] {
  const { kind, at } = transition;
  if (isStop(transition)) {
    return [{ state: "stopped", at }];
  }
  return kind === "online" || kind === "offline" ? [{ state: kind, at }] : [];
}

/** Its agent was stopped in an orderly way. */
export function isStop({ kind, cause }: Transition): boolean {
  return kind === "offline" && cause === "stopped";
}

function marksOf(transitions: readonly Transition[]): readonly Transition[] {
  return transitions.filter(({ kind }) => kind === "key_changed" || kind === "refused").toReversed();
}

/** What a picture of it says to those who do not see it. */
export function timelineSummary({ from, to, spans, marks }: Timeline): string {
  const sum = (state: Span["state"]) =>
    spans.filter((span) => span.state === state).reduce((ms, span) => ms + span.to - span.from, 0);
  const known = to - from - sum("unknown");
  // Rounded down: 100 % means that it was never offline.
  const share = known === 0 ? 0 : Math.floor((100 * sum("online")) / known);
  const times = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
  const count = (kind: Transition["kind"]) => marks.filter((mark) => mark.kind === kind).length;
  const spanCount = (state: Span["state"]) => spans.filter((span) => span.state === state).length;
  return [
    `online for ${share} % of the time`,
    times(spanCount("offline"), "time offline", "times offline"),
    times(spanCount("stopped"), "time stopped", "times stopped"),
    times(count("key_changed"), "change of the key", "changes of the key"),
    times(count("refused"), "refusal", "refusals"),
  ].join(", ");
}
