import { type Step, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import { isCommand } from "../../systemd/unit/setting-kind.ts";
import { takingOut } from "./taken-out.ts";

/** How a service failed that this host has changed. */
export interface ChangedFailure {
  /** A clause that names the settings it is about, as `(SIGSYS, SystemCallFilter=)`. */
  readonly cause: string;
  readonly changed: readonly Assignment[];
  /** Without `.service`. */
  readonly unit: string;
  /** What starts it again. */
  readonly start: readonly string[];
  /** What shows more of its failure. */
  readonly why: Step;
}

/** The settings that `cause` names are at fault. Without such, any of the changed ones may be. */
export function culprits(cause: string, changed: readonly Assignment[]): readonly Assignment[] {
  const named = changed.filter(({ name }) => cause.includes(`${name}=`));
  // Of several commands, the one that it names.
  const exact = named.filter(
    ({ name, value }) => isCommand(name) && cause.includes(`${name}=${programOf(value)} `),
  );
  return exact.length > 0 ? exact : named.length > 0 ? named : changed;
}

/** Without the special characters before it: systemd.service(5). */
function programOf(value: string): string {
  return value.replace(/^[-@:+!|]+/u, "").split(/\s/u, 1)[0] ?? "";
}

/** What to do without them; if they are only suspects, also how to see why it failed. */
export function withoutCulprits({ cause, changed, unit, start, why }: ChangedFailure): readonly Step[] {
  const found = culprits(cause, changed);
  return found.some(({ name }) => cause.includes(`${name}=`))
    ? [takingOut("Take out what was changed", found, unit, ...start)]
    : [
        takingOut("If a changed setting is the cause, take it out", found, unit, ...start),
        why,
        step("Once it is fixed, run:", ...start),
      ];
}
