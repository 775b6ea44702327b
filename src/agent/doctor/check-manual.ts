import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import type { Check } from "./examination.ts";
import { startCommand } from "./start-failure.ts";
import { copyWith, withoutCopy } from "./unit/unit-copy.ts";

const SETTINGS = ["RefuseManualStart", "RefuseManualStop"] as const;

/** Whether a person may start the service, and restart it: most remedies need that. */
export function checkManual(facts: ServiceFacts, changed: readonly Assignment[]): readonly Check[] {
  const names = SETTINGS.filter((name) => facts[name]);
  const isDown = facts.ActiveState !== "active" && facts.ActiveState !== "reloading";
  if (facts.LoadState !== "loaded" || names.length === 0 || (isDown && !facts.RefuseManualStart)) {
    return [];
  }
  const settings = names.map((name) => placed(name, changed)).join(" and ");
  const lines = names.map((name) => changed.findLast((setting) => setting.name === name));
  const copy = copyWith(
    changed,
    lines.find((line) => line?.isOfCopy),
  );
  const [it, reload] = [names.length === 1 ? "that line" : "those lines", asRoot("systemctl daemon-reload")];
  return isDown
    ? [
        {
          stage: "unit",
          status: "bad",
          detail: `the service does not run, and systemd refuses to start it by hand (${settings})`,
          remedy: [
            copy === undefined
              ? step(`Take ${it} out of the unit first, then run:`, reload, startCommand(facts))
              : withoutCopy(copy),
          ],
        },
      ]
    : [
        {
          stage: "unit",
          status: "warning",
          detail: `systemd refuses to restart the service by hand (${settings})`,
          remedy: [
            copy === undefined
              ? step(`Take ${it} out of the unit before the next restart, then run:`, reload)
              : withoutCopy(copy),
          ],
        },
      ];
}

function placed(name: string, changed: readonly Assignment[]): string {
  const found = changed.findLast((setting) => setting.name === name);
  return found === undefined
    ? `${name}=yes`
    : `${name}=${printable(found.value, 40)}, ${printable(found.file, 400)} line ${found.line}`;
}
