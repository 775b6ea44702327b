import { printable } from "../../../lib/printable.ts";
import { type Remedy, type Step, stepsOf } from "../../../lib/text/remedy.ts";
import { type LocalStart, startCause, startRemedy } from "./local-start.ts";
import { type LostAddress, lostAddressSteps } from "./lost-address.ts";

/** A control plane of this host whose starts fail, while the agent asks another host. */
export interface FailedHere {
  readonly local: LocalStart;
  /** Undefined: its own address is another one than the agent asks. */
  readonly lost: LostAddress | undefined;
}

/** What was seen of the server, with what this host knows of its own control plane: a clause. */
export function withFailed(seen: string, { local, lost }: FailedHere): string {
  const state = local.active === "failed" ? "has failed" : "fails at each start";
  const cause =
    startCause(local) ?? `the control plane of this host ${state} (${printable(local.result, 40)})`;
  // It may be the one of another site, unless both have the same address.
  return lost === undefined ? `${seen}; beside that, ${cause}` : `${cause}; so ${seen}`;
}

/** `usual` is what to do about a server on another host. */
export function failedRemedy(usual: Remedy | undefined, { local, lost }: FailedHere): readonly Step[] {
  if (lost !== undefined) {
    return lostAddressSteps(lost);
  }
  const [first, ...rest] = stepsOf(startRemedy(local));
  const start = "If the agent should reach the control plane of this host, start that first.";
  const own = first === undefined ? [] : [{ ...first, say: `${start} ${first.say}` }, ...rest];
  return [...stepsOf(usual ?? []), ...own];
}
