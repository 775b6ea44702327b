import { asRoot } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import type { Check } from "./examination.ts";

/** More than a person makes in two minutes who edits a file or a unit. */
const OFTEN = 6;

/**
 * Whether a service that runs now is started again and again.
 *
 * @param starts in the last two minutes
 */
export function checkStarts(starts: number): readonly Check[] {
  return starts < OFTEN
    ? []
    : [
        {
          stage: "unit",
          status: "warning",
          detail: `the service was started ${starts} times in the last two minutes, so the executor comes and goes`,
          remedy: [
            step(
              "A timer, a script or a person restarts it, or it crashes. To see the timers, run:",
              asRoot("systemctl list-timers --all"),
            ),
            step("To see how it ended, run:", asRoot("journalctl -u novacula-agent -n 100")),
          ],
        },
      ];
}
