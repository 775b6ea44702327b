import type { Clock } from "../../../lib/clock.ts";
import { forAgent, inPlace, withSudo } from "../../../lib/shell-word.ts";
import type { NewerKey } from "../rotation/generation-state.ts";
import { clockTime } from "./wording.ts";

interface Advice {
  readonly why: string;
  readonly remedy: string;
}

/** The same for a file that has an older key again, which another one had replaced. */
export function wentBack(
  { why, remedy }: Advice,
  { newer, keySource }: { readonly newer?: NewerKey | undefined; readonly keySource: string },
  clock: Clock,
  isOfFile: boolean,
): Advice {
  if (newer === undefined) {
    return { why, remedy };
  }
  return {
    why: `${why}; ${replacedBy(newer, clock)}, so ${keySource} went back to an older key`,
    remedy: isOfFile ? `${findFirst(keySource)}${remedy}` : remedy,
  };
}

/** A clause. */
export function replacedBy({ fingerprint, acceptedAt }: NewerKey, clock: Clock): string {
  return `key ${fingerprint} replaced it, and was last accepted at ${clockTime(clock, acceptedAt)}`;
}

/** In a pod, Kubernetes writes it, from the Secret that the remedy names. */
function findFirst(keySource: string): string {
  const doctor = forAgent("doctor", withSudo);
  return inPlace({
    host: `If nobody put it back by hand, a program writes ${keySource}, and would replace the next key, too: find it first (${doctor}). `,
    pod: "",
  });
}
