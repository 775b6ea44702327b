import { shippedDropIn, shippedUnit } from "../service-unit.ts";
import { isOneValue, isUsual } from "../unit/setting-kind.ts";
import { type Assignment, assignmentsOf, inForce } from "./unit-files.ts";

/** Doctor judges these by their effect, or they have none on how the service runs. */
const ELSEWHERE = /^(?:Description|Documentation|ExecReload|Environment|EnvironmentFile|.*Credential.*)$/u;

/**
 * The settings in force that the shipped unit does not have: what this host has changed.
 * `assignments` are those of the unit and its drop-ins, in the order in which systemd reads them.
 */
export function changedSettings(assignments: readonly Assignment[]): readonly Assignment[] {
  const shipped = [shippedUnit(), shippedDropIn()].flatMap((text) => assignmentsOf(text, ""));
  return settingsBeside(assignments, shipped).filter((one) => !isShippedStart(one));
}

/** The settings in force, among those of a unit and its drop-ins, that `shipped` does not have. */
export function settingsBeside(
  assignments: readonly Assignment[],
  shipped: readonly Assignment[],
): readonly Assignment[] {
  const known = new Set(shipped.map(identity));
  const names = new Map(assignments.map(({ section, name }) => [`${section} ${name}`, { section, name }]));
  return [...names.values()]
    .filter(({ section, name }) => section !== "Install" && !ELSEWHERE.test(name))
    .flatMap(({ section, name }) => {
      const values = shipped.filter((one) => one.section === section && one.name === name);
      const inFiles = inForce(assignments, section, name);
      return (isOneValue(name) ? ofOneValue(inFiles, values) : inFiles).map((one) => ({
        ...one,
        shipped: values.map(({ value }) => value),
        allValues: inFiles.map(({ value }) => value),
      }));
    })
    .filter((one) => !known.has(identity(one)))
    .map((one) => ({ ...one, inFile: assignments.filter(({ file }) => file === one.file) }));
}

/**
 * Of a setting of one value, the last line decides whether it is changed. Then those before count,
 * too: without the last one, the one before it is in force.
 */
function ofOneValue(inFiles: readonly Assignment[], shipped: readonly Assignment[]): readonly Assignment[] {
  const isChange = ({ name, value }: Assignment) =>
    shipped.length > 0 ? shipped.every((one) => one.value !== value) : !isUsual(name, value);
  const last = inFiles.at(-1);
  return last !== undefined && isChange(last) ? inFiles.filter(isChange) : [];
}

function identity({ section, name, value }: Assignment): string {
  return `${section} ${name}=${value}`;
}

/** `novacula-agent install` writes the unit with another path of the program. */
function isShippedStart({ name, value }: Assignment): boolean {
  return name === "ExecStart" && /^\/\S*\/novacula-agent run$/u.test(value);
}
