import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace, shellWord } from "../../../lib/shell-word.ts";
import { instanceWords, isOneHost, processWords } from "../../../protocol/instance-place.ts";
import type { ExecutorProcess, SyncReply } from "../../../protocol/sync.ts";

type Duplicates = SyncReply["duplicates"];

/** At most this many are named in a line. */
const NAMED = 5;

/** The other processes, and what to do: on one host, another start; on two, most likely a clone. */
export interface DuplicatesAdvice {
  /** `PID 4711 (novacula-agent.service) on this host, last sync at 2026-11-28 07:13:20 UTC`. */
  readonly who: string;
  readonly remedy: string;
}

export function adviseDuplicates(
  duplicates: Duplicates,
  self: ExecutorProcess | undefined,
): DuplicatesAdvice {
  const who = duplicates.slice(0, NAMED).map((other) => {
    const where = isHere(other, self)
      ? `${processWords(other.process)} on this host`
      : instanceWords({ ...other, hostName: printable(other.hostName, 64) });
    return `${where}, last sync at ${utcTime(other.lastSyncAt)}`;
  });
  const here = duplicates.filter((other) => isHere(other, self));
  const [first] = here;
  const remedy =
    first === undefined
      ? "Most likely a host was cloned. Give one of the two another agent.name and a key of its own"
      : inPlace({
          host: `Two agents run on this host. Stop the one that is wrong; to look at the other, run: ${lookCommand(first.process)}`,
          pod: "Two agents run on this Kubernetes node. Give one of the two another agent.name and a key of its own, or delete its release",
        });
  const more = duplicates.length - who.length;
  return { who: `${who.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, remedy };
}

/** Only a look: the other process says itself where it runs, and may lie. */
export function lookCommand({ unit, pid }: Pick<ExecutorProcess, "unit" | "pid">): string {
  return unit === null ? `ps -fp ${pid}` : `systemctl status ${shellWord(unit)}`;
}

/** True if the other process runs on the same boot of this host. */
export function isHere(
  other: Duplicates[number],
  self: ExecutorProcess | undefined,
): other is Duplicates[number] & { readonly process: ExecutorProcess } {
  return isOneHost([other, { process: self ?? null }]);
}
