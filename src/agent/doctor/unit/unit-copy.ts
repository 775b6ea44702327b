import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { moveAway } from "../../../lib/text/file-command.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { Assignment, UnitDifference } from "../../systemd/service/unit-files.ts";
import { shippedUnit } from "../../systemd/service-unit.ts";
import { few, settingText } from "./setting-list.ts";

/** A whole unit of this host that hides the one of the package. */
export interface UnitCopy {
  readonly file: string;
  readonly difference: UnitDifference | undefined;
}

/** The unit that hides the one of the package, if one of these settings is from it. */
export function copyIn(changed: readonly Assignment[]): UnitCopy | undefined {
  const own = changed.filter(({ isOfCopy }) => isOfCopy);
  const [first] = own;
  return first && { file: first.file, difference: own.find(({ difference }) => difference)?.difference };
}

/** The same if that line of the changed settings stands in it. */
export function copyWith(changed: readonly Assignment[], line: Assignment | undefined): UnitCopy | undefined {
  return line?.isOfCopy ? copyIn(changed) : undefined;
}

export function hidesText({ file }: UnitCopy): string {
  return `${printable(file, 400)} hides the unit of the package`;
}

/**
 * Its lines are not corrected one by one: nobody brings such a copy up to date. It is moved, not
 * removed, because it may have what this host needs.
 */
export function withoutCopy(copy: UnitCopy): Step {
  const { file } = copy;
  return step(
    `${hidesText(copy)}${differenceText(copy)}. What this host needs of it belongs in a drop-in. To move it away, run (to undo it, move it back):`,
    asRoot(moveAway(file)),
    asRoot("systemctl daemon-reload"),
    asRoot("novacula-agent restart"),
  );
}

/** A copy of the whole unit is removed, and single settings are taken out. */
export function undoing(changed: readonly Assignment[], undo: Step): Step {
  const copy = copyIn(changed);
  return copy === undefined ? undo : withoutCopy(copy);
}

/** What is lost without it, and what is gained: `. It has User=ghost (line 5), and lacks …`. */
function differenceText({ difference }: UnitCopy): string {
  if (difference === undefined) {
    return "";
  }
  const has = few(difference.added.map((one) => `${settingText(one, 80)} (line ${one.line})`));
  // What it sets to another value is no lack.
  const own = new Set(difference.added.map(({ name }) => name));
  const lacking = difference.lacking.filter(({ name }) => !own.has(name));
  const lacks = few(lacking.map(({ name }) => `${name}=`));
  const parts = [...(has === "" ? [] : [`has ${has}`]), ...(lacks === "" ? [] : [`lacks ${lacks}`])];
  return parts.length === 0 ? "" : `: it ${parts.join(", and it ")}`;
}

/** Which line of the copy alone names a path that `text` is about; undefined: none does. */
export function lineNaming({ difference }: UnitCopy, text: string): Assignment | undefined {
  const usual = shippedUnit();
  const isMeant = (path: string) => !usual.includes(path) && USUAL !== path && isPathIn(text, path);
  return difference?.added.find(({ value }) => pathsIn(value).some(isMeant));
}

/** The agent's own default, which no line of a unit has to name. */
const USUAL = "/etc/novacula/agent.toml";

function pathsIn(value: string): readonly string[] {
  return value.match(/\/[^\s:"';=]+/gu) ?? [];
}

/** As a whole: `/etc/a` is not in `/etc/a.toml`. */
function isPathIn(text: string, path: string): boolean {
  const at = text.indexOf(path);
  const isWhole = !/^[\w/.-]*[\w/]/u.test(text.slice(at + path.length)) && !/[\w/]$/u.test(text.slice(0, at));
  return at >= 0 && isWhole;
}
