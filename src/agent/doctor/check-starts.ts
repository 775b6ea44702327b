import { asRoot } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import type { Check } from "./examination.ts";

/** More than a person makes in two minutes who edits a file or a unit. */
const OFTEN = 6;

/** One that has run for so many times the usual while between two starts has outlived them. */
const OUTLIVES = 3;
/** For starts that follow each other at once, ms. */
const LEAST_LIFE_MS = 5000;

/**
 * Whether a service that runs now is started again and again. After a repair, the starts before it
 * are no trouble any more.
 *
 * @param starts in the last two minutes, epoch ms, oldest first
 */
export function checkStarts(starts: readonly number[], nowMs: number): readonly Check[] {
  return starts.length < OFTEN || nowMs - (starts.at(-1) ?? 0) > longestLife(starts)
    ? []
    : [
        {
          stage: "unit",
          status: "warning",
          detail: `the service was started ${starts.length} times in the last two minutes, so the executor comes and goes`,
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

/** How long it may run, ms, and still be one of the same row of starts. */
function longestLife(starts: readonly number[]): number {
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? at));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  return Math.max(LEAST_LIFE_MS, OUTLIVES * usual);
}
