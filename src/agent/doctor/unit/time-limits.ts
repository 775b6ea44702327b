import { asRoot } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import { spanSecs } from "../../systemd/unit/time-span.ts";
import { listed } from "./setting-list.ts";
import { takingOut } from "./taken-out.ts";
import { undoing } from "./unit-copy.ts";

/** Settings with which systemd itself ends a service: systemd.service(5). */
const LIMIT = /^(?:RuntimeMaxSec|RuntimeRandomizedExtraSec|WatchdogSec|Timeout(?:|Start|Stop|Abort)Sec)$/u;
/** Without `.service`. */
const UNIT = "novacula-agent";

/** Why a service that is well is started again and again, and what to do about it. */
export interface TimeLimits {
  /** The end of a sentence; empty: nobody knows. */
  readonly why: string;
  readonly remedy: readonly Step[];
}

/**
 * What this host has changed of the limits of the agent's service.
 *
 * @param mostSecs it did not run for longer
 */
export function timeLimits(changed: readonly Assignment[], mostSecs: number): TimeLimits {
  const limits = changed.filter(({ name }) => LIMIT.test(name));
  if (limits.length === 0) {
    return { why: "", remedy: [] };
  }
  const then = [asRoot("systemctl daemon-reload"), asRoot(`${UNIT} restart`)];
  const isMet = ({ name, value }: Assignment) => {
    const secs = name === "RuntimeMaxSec" ? spanSecs(value) : undefined;
    return secs !== undefined && secs > 0 && secs <= mostSecs;
  };
  const met = limits.filter(isMet);
  if (met.length > 0) {
    const text = `systemd ends it each time: ${listed(met)}`;
    return {
      why: `. ${text}`,
      remedy: [undoing(met, takingOut("Take that out of the unit", met, UNIT, ...then))],
    };
  }
  return {
    why: `. Its unit was changed on this host: ${listed(limits)}`,
    remedy: [
      undoing(limits, takingOut("If that ends it, take it out", limits, UNIT, ...then)),
      step("To see how it ended, run:", asRoot(`journalctl -u ${UNIT} -n 100`)),
    ],
  };
}
