import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";

/** Longer than the longest that an agent says: a sentence that is cut has lost its end. */
const MAX_LENGTH = 2000;

/** What the agent says of its state, with the time of its last try: doctor has asked since then. */
export function offlineText({ reason, lastAttemptAt }: AgentStatus): string {
  const said = printable(reason, MAX_LENGTH).replace(/\.$/u, "");
  return lastAttemptAt === null ? said : `${said}. That is of its last try, at ${timeOf(lastAttemptAt)}`;
}

/**
 * The state and its beginning, without the agent's own advice: its last try is older than what
 * doctor saw, so the advice may contradict the verdict. Undefined: its files say all of it.
 */
export function offlineState({ state, since, lastAttemptAt, key }: AgentStatus): string | undefined {
  const what = STATES[state];
  if (what === undefined) {
    return undefined;
  }
  const start = since === null ? "not online" : `not online since ${timeOf(since)}`;
  const last = lastAttemptAt === null ? "" : `. Its last try was at ${timeOf(lastAttemptAt)}`;
  const withKey = key === null ? "" : ` (key ${printable(key.fingerprint, 40)})`;
  return `${start}: ${what}${withKey}${last}`;
}

const STATES: { readonly [State in AgentStatus["state"]]?: string } = {
  unreachable: "the control plane did not serve it",
  "key-refused": "the control plane refused its key",
  forbidden: "the control plane refused it with its key",
};

function timeOf(iso: string): string {
  return utcTime(Date.parse(iso));
}
