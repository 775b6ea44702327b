import { asRoot } from "../../lib/shell-word.ts";
import { RUNTIME_VARIABLES } from "../systemd/runtime-variables.ts";
import type { Check } from "./examination.ts";

/** `Environment` and `UnsetEnvironment` of a unit, as `systemctl show` prints them. */
export interface UnitEnvironment {
  readonly Environment: string;
  readonly UnsetEnvironment: string;
}

/** The properties to request from systemctl. */
export const ENVIRONMENT_FACTS = ["Environment", "UnsetEnvironment"] as const;

/**
 * Warns of variables in the unit that change how the program itself works. Gives only their names,
 * because a value may be a secret.
 */
export function checkEnvironment({ Environment, UnsetEnvironment }: UnitEnvironment): readonly Check[] {
  const taken = new Set(UnsetEnvironment.split(/\s+/u));
  const names = [...Environment.matchAll(/(?:^|[\s"'])([A-Z]\w*)=/gu)].map(([, name = ""]) => name);
  const found = RUNTIME_VARIABLES.filter((name) => names.includes(name));
  const active = found.filter((name) => !taken.has(name));
  const ignored = found.filter((name) => taken.has(name));
  return [
    ...(active.length === 0
      ? []
      : [
          warning(
            `its unit sets ${active.join(", ")}, which can change what the program loads, trusts or writes`,
            `Remove them with: ${asRoot("systemctl edit novacula-agent")}; for a private CA, set control_plane.ca_file.`,
          ),
        ]),
    ...(ignored.length === 0
      ? []
      : [
          warning(
            `its unit sets ${ignored.join(", ")}, which has no effect because of UnsetEnvironment=`,
            `Remove them with: ${asRoot("systemctl edit novacula-agent")}; for a private CA, set control_plane.ca_file.`,
          ),
        ]),
  ];
}

function warning(detail: string, remedy: string): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}
