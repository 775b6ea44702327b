import { asRoot } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import type { Check } from "./examination.ts";
import { timeLimits } from "./unit/time-limits.ts";

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
 * @param changed the settings of the service that the shipped unit does not have
 */
export function checkStarts(
  starts: readonly number[],
  nowMs: number,
  changed: readonly Assignment[] = [],
): readonly Check[] {
  const runsMs = nowMs - (starts.at(-1) ?? 0);
  const usualMs = usualGap(starts);
  const longestMs = Math.max(LEAST_LIFE_MS, OUTLIVES * usualMs);
  if (starts.length < OFTEN || runsMs > longestMs) {
    return [];
  }
  const { why, remedy } = timeLimits(changed, usualMs / 1000);
  const stable = `It has run for ${secs(runsMs)} s, and is stable once it has run for ${secs(longestMs)} s`;
  return [
    {
      stage: "unit",
      status: "warning",
      detail: `the service was started ${starts.length} times in the last two minutes, so the executor comes and goes${why}. ${stable}`,
      remedy:
        remedy.length > 0
          ? remedy
          : [
              step(
                "A timer, a script or a person restarts it, or it crashes. To see the timers, run:",
                asRoot("systemctl list-timers --all"),
              ),
              step("To see how it ended, run:", asRoot("journalctl -u novacula-agent -n 100")),
            ],
    },
  ];
}

function secs(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}

/** The median of the times between two starts, ms. */
function usualGap(starts: readonly number[]): number {
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? at));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
}
