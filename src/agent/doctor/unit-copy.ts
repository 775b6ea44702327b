import { printable } from "../../lib/printable.ts";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import { type Step, step } from "../../lib/text/remedy.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";

/** The unit that hides the one of the package, if one of these settings is from it. */
export function copyIn(changed: readonly Assignment[]): string | undefined {
  return changed.find(({ isOfCopy }) => isOfCopy)?.file;
}

export function hidesText(copy: string): string {
  return `${printable(copy, 400)} hides the unit of the package`;
}

/** Its lines are not mended one by one: nobody brings such a copy up to date. */
export function withoutCopy(copy: string): Step {
  return step(
    `${hidesText(copy)}. Keep what this host needs of it in a drop-in, then run:`,
    asRoot(`rm ${shellWord(copy)}`),
    asRoot("systemctl daemon-reload"),
    asRoot("novacula-agent restart"),
  );
}
