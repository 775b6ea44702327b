import { printable } from "../../lib/printable.ts";
import { asRoot, asTyped } from "../../lib/shell-word.ts";
import { mapRemedy, type Remedy, type Step, step, stepsOf } from "../../lib/text/remedy.ts";
import type { LocalControlPlane } from "./local-control-plane.ts";

export const SERVICE = "novacula-control-plane";
const MAX_LENGTH = 600;

type Start = Pick<
  LocalControlPlane,
  "active" | "isRestarting" | "restarts" | "result" | "words" | "isMasked"
>;

/** Why the control plane of this host does not run, in its own words; undefined: unknown. */
export function startCause({ active, words, isMasked, restarts = 0 }: Start): string | undefined {
  if (isMasked || words?.kind !== "said") {
    return undefined;
  }
  const state =
    active === "failed"
      ? "did not start"
      : `fails at each start${restarts === 0 ? "" : ` (${restarts + 1} so far)`}`;
  return `the control plane of this host ${state}: ${printable(words.why, MAX_LENGTH)}`;
}

/** What to do about a control plane of this host that has failed, or is being started. */
export function startRemedy({ active, isRestarting = false, restarts = 0, result, words }: Start): Remedy {
  const isFailing = active === "failed" || isRestarting || restarts > 0;
  if (!isFailing) {
    return [
      step("The control plane of this host is still starting. Run doctor again in half a minute."),
      step("To see what it does, run:", asRoot(`journalctl -u ${SERVICE} -n 30`)),
    ];
  }
  // systemd starts it again by itself, but a moment later.
  const start = active === "failed" ? "start" : "restart";
  const again = [asRoot(`systemctl reset-failed ${SERVICE}`), asRoot(`systemctl ${start} ${SERVICE}`)];
  if (words?.kind === "said") {
    const own = words.remedy && mapRemedy(words.remedy, (text) => printable(asTyped(text), MAX_LENGTH));
    return own === undefined ? [step("Correct that, then run:", ...again)] : endingWith(stepsOf(own), again);
  }
  const why =
    active !== "failed"
      ? `fails at each start${restarts === 0 ? "" : `, ${restarts + 1} times so far`}`
      : result === "start-limit-hit"
        ? "failed at too many starts in a row"
        : `has failed: ${printable(result, 40)}`;
  return words?.kind === "denied"
    ? [
        step(
          `The control plane of this host ${why}. Its journal, which says why, is not open to this user. Run:`,
          asRoot("novacula-agent doctor"),
        ),
      ]
    : [
        step(
          `The control plane of this host ${why}. To see why, run:`,
          asRoot(`journalctl -u ${SERVICE} -n 30`),
        ),
        step("Then run:", ...again),
      ];
}

/** Some of its remedies end with a restart, which is refused once there were too many. */
function endingWith(steps: readonly Step[], start: readonly string[]): readonly Step[] {
  const last = steps.at(-1);
  return last?.run !== undefined && RESTART.test(last.run)
    ? [...steps.slice(0, -1), step(last.say, ...start)]
    : [...steps, step("Then run:", ...start)];
}

const RESTART = new RegExp(`^(?:sudo )?systemctl (?:re)?start ${SERVICE}$`, "u");
