import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Check } from "./examination.ts";

const RESTART = () => asRoot("novacula-agent restart");

/** What a unit has that its process may not have, or that others may see. */
export interface UnitChanges {
  /** Files of the unit that are newer than its process. */
  readonly changed: readonly string[];
  /** The name of the credential, if the key stands in the unit itself. */
  readonly inlineKey: string | undefined;
}

/** Whether the running service has the settings of its unit, and the unit gives no key away. */
export function checkUnitChanges(
  { changed, inlineKey }: UnitChanges,
  { NeedDaemonReload, LoadState }: Pick<ServiceFacts, "NeedDaemonReload" | "LoadState">,
): readonly Check[] {
  const files = changed.map((path) => printable(path, 400)).join(", ");
  return [
    // Otherwise the row about the reload says the same, or the service cannot be restarted.
    ...(changed.length === 0 || NeedDaemonReload || LoadState !== "loaded"
      ? []
      : [
          warning(`the service has started before ${files} changed, and still has the old settings`, [
            step("Run:", RESTART()),
          ]),
        ]),
    ...(inlineKey === undefined
      ? []
      : [
          warning(
            `the key stands in the unit itself (SetCredential=${printable(inlineKey, 100)}:…), where every user of this host can read it`,
            [
              step(
                "Rotate the key, put the new one into a file of root with mode 0600, and name that file in LoadCredential= instead. Then run:",
                asRoot("systemctl daemon-reload"),
                RESTART(),
              ),
            ],
          ),
        ]),
  ];
}

function warning(detail: string, remedy: Remedy): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}
