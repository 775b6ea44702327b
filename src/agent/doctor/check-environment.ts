import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { RUNTIME_VARIABLES } from "../systemd/runtime-variables.ts";
import type { ServiceEnvironment } from "../systemd/service/service-environment.ts";
import type { Check } from "./examination.ts";

/**
 * Warns of variables in the unit that change how the program itself works. Gives only their names
 * and places, because a value may be a secret.
 */
export function checkEnvironment({
  sources,
  unset,
}: Pick<ServiceEnvironment, "sources" | "unset">): readonly Check[] {
  return [
    ...warningOf(sources, "which can change what the program loads, trusts or writes"),
    ...warningOf(unset, "which has no effect because of UnsetEnvironment="),
  ];
}

function warningOf(sources: ReadonlyMap<string, string>, effect: string): readonly Check[] {
  const found = RUNTIME_VARIABLES.filter((name) => sources.has(name));
  if (found.length === 0) {
    return [];
  }
  const places = found.map((name) => `${name} (${printable(sources.get(name), 400)})`);
  return [
    {
      stage: "unit",
      status: "warning",
      detail: `its unit sets ${places.join(", ")}, ${effect}`,
      remedy: `Remove them with: ${asRoot("systemctl edit novacula-agent")}; for a private CA, set control_plane.ca_file.`,
    },
  ];
}
