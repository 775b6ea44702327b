import { printable } from "../../lib/printable.ts";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import type { RelatedUnits } from "../systemd/service/related-units.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { copyWith, withoutCopy } from "./unit/unit-copy.ts";

const RELOAD = () => asRoot("systemctl daemon-reload");

/**
 * Which other unit keeps the service at rest, as a clause, and what to do. Undefined: none does.
 * `start` starts the service.
 */
export function otherUnitCause(
  { unmet, rivals, awaited }: RelatedUnits,
  changed: readonly Assignment[],
  start: string,
): { readonly cause: string; readonly remedy: Remedy } | undefined {
  const [needed] = unmet;
  if (needed !== undefined) {
    const { unit, setting, state } = needed;
    const found = namingLine(changed, setting, unit);
    const line = placeOf(found, unit);
    const copy = copyWith(changed, found);
    const cause = `${printable(unit, 200)}, without which it does not start (${line ?? `${setting}=`}), ${state}`;
    const see =
      state === "has failed" ? asRoot(`journalctl -u ${shellWord(unit)} -n 30`) : asRoot(statusOf(unit));
    const without =
      copy !== undefined
        ? [withoutCopy(copy)]
        : line === undefined
          ? []
          : [step("Or, if the agent does not need it, take it out of that line and run:", RELOAD(), start)];
    return {
      cause,
      remedy: [step("To see why, run:", see), step("Once it is repaired, run:", start), ...without],
    };
  }
  const [rival] = rivals;
  if (rival !== undefined) {
    return {
      cause: `${printable(rival, 200)} runs, and systemd lets only one of the two run (Conflicts=)`,
      remedy: [
        step(
          "If the agent should run, and not that unit, run:",
          asRoot(`systemctl disable --now ${shellWord(rival)}`),
          start,
        ),
      ],
    };
  }
  const [first] = awaited;
  if (first === undefined) {
    return undefined;
  }
  const found = namingLine(changed, "After", first);
  const line = placeOf(found, first);
  const copy = copyWith(changed, found);
  return {
    cause: `systemd starts it only after ${printable(first, 200)} (${line ?? "After="}), which is still starting`,
    remedy: [
      step("To see what that unit waits for, run:", statusOf(first)),
      step(
        "If it hangs, end it, and the service starts (and waits again at the next boot). Run:",
        asRoot(`systemctl stop ${shellWord(first)}`),
      ),
      ...(copy === undefined ? [] : [withoutCopy(copy)]),
    ],
  };
}

function statusOf(unit: string): string {
  return `systemctl status ${shellWord(unit)}`;
}

/** The line by which this host relates the service to that unit. */
function namingLine(changed: readonly Assignment[], setting: string, unit: string): Assignment | undefined {
  return changed.findLast(({ name, value }) => name === setting && value.split(/\s+/u).includes(unit));
}

/** `After=a.service, FILE line 3`. */
function placeOf(found: Assignment | undefined, unit: string): string | undefined {
  return found && `${found.name}=${printable(unit, 200)}, ${printable(found.file, 400)} line ${found.line}`;
}
