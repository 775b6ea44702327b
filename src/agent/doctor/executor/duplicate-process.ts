import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import { lookCommand } from "../../daemon/narration/duplicates.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";

interface DuplicateCheck {
  readonly stage: "executor";
  readonly status: "ok" | "bad";
  readonly detail: string;
  readonly remedy?: Remedy;
}

/**
 * Other processes that the control plane sees as this executor. Those that were `found` here are
 * named already. `living`: the PIDs of this host; undefined: this user may not see all of them.
 */
export function duplicateChecks(
  seen: AgentStatus["duplicates"],
  found: ReadonlySet<number>,
  living: ReadonlySet<number> | undefined,
): readonly DuplicateCheck[] {
  return seen
    .filter(({ isOnThisHost, pid }) => !(isOnThisHost && pid !== null && found.has(pid)))
    .map(({ hostName, address, pid, unit, isOnThisHost, lastSyncAt }) => {
      const process = `${pid === null ? "a process" : `PID ${pid}`}${unit === null ? "" : ` of ${printable(unit, 100)}`}`;
      const where = isOnThisHost
        ? "this host"
        : `host ${printable(hostName, 64)} (${printable(address ?? "no address", 64)})`;
      const at = lastSyncAt === null ? "an unknown time" : utcTime(Date.parse(lastSyncAt));
      // A slow network may deliver its last sync after the first one of its successor.
      if (isOnThisHost && pid !== null && living?.has(pid) === false) {
        const detail = `${process} synced as this executor until ${at}, and has ended`;
        return { stage: "executor", status: "ok", detail };
      }
      const remedy =
        isOnThisHost && pid !== null
          ? [
              step(
                "Stop the one that is wrong. To look at the other, run:",
                asRoot(lookCommand({ pid, unit })),
              ),
            ]
          : "If that is a cloned host, give it another agent.name and a key of its own.";
      const detail = `another process syncs as this executor: ${process} on ${where}, last seen at ${at}`;
      return { stage: "executor", status: "bad", detail, remedy };
    });
}
