import { RUNTIME_VARIABLES } from "../systemd/runtime-variables.ts";
import type { Check } from "./examination.ts";

/** `Environment` and `UnsetEnvironment` of a unit, as `systemctl show` has them. */
export interface UnitEnvironment {
  readonly Environment: string;
  readonly UnsetEnvironment: string;
}

export const ENVIRONMENT_FACTS = ["Environment", "UnsetEnvironment"] as const;

/**
 * Does the unit set variables that change what the program itself is? Only their names are said: a
 * value may be a secret.
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
            "Run: systemctl edit novacula-agent, and remove them; for a private CA there is [control_plane].ca_file.",
          ),
        ]),
    ...(ignored.length === 0
      ? []
      : [
          warning(
            `its unit sets ${ignored.join(", ")}, without effect: UnsetEnvironment= takes it away`,
            "Remove it: systemctl edit novacula-agent; for a private CA there is [control_plane].ca_file.",
          ),
        ]),
  ];
}

function warning(detail: string, remedy: string): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}
