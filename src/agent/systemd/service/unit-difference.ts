import { shippedUnit } from "../service-unit.ts";
import { type Assignment, assignmentsOf, type UnitDifference } from "./unit-files.ts";

/** They say nothing about how the service runs. */
const TEXTS = /^(?:Description|Documentation)$/u;

/** Undefined: it says the same. `copy` has the assignments of the whole unit alone. */
export function unitDifference(copy: readonly Assignment[], packaged: string): UnitDifference | undefined {
  const shipped = assignmentsOf(shippedUnit(), packaged);
  const added = without(copy, shipped);
  const lacking = without(shipped, copy);
  return added.length + lacking.length === 0 ? undefined : { packaged, added, lacking };
}

/** Stands for the whole file among the changed settings, also if it only lacks some. */
export function copyEntry(file: string, difference: UnitDifference): Assignment {
  return { file, line: 1, section: "", name: "", value: "", isOfCopy: true, difference };
}

function without(all: readonly Assignment[], others: readonly Assignment[]): readonly Assignment[] {
  const known = new Set(others.map(identity));
  return all.filter((one) => !TEXTS.test(one.name) && !known.has(identity(one)));
}

function identity({ section, name, value }: Assignment): string {
  return `${section} ${name}=${value}`;
}
