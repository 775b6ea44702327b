import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { PortHolder } from "../../systemd/port-holder.ts";
import { type LocalAddress, portOf } from "./local-address.ts";
import { type LocalStart, SERVICE } from "./local-start.ts";

/** Its PORT unless that is set. */
const USUAL_PORT = "3000";

type Local = Pick<LocalStart, "active" | "isMasked"> & Pick<LocalAddress, "settings">;

/**
 * Whether something else must have answered at `wanted`, on this host: its control plane should be
 * there, and does not run.
 */
export function isTaken(local: Local, wanted: URL): boolean {
  const isAtRest = local.active !== "active" && !local.isMasked;
  return isAtRest && portOf(wanted) === (local.settings.PORT ?? USUAL_PORT);
}

/** Who answered instead, as a clause. */
export function takenText({ active }: Local, holder: PortHolder | undefined): string {
  const state =
    active === "failed" ? "has failed" : active === "activating" ? "does not start" : "does not run";
  const other =
    holder === undefined
      ? "another process has its port"
      : `another process has its port: PID ${holder.pid} (${printable(holder.name, 60)})`;
  return `the service ${SERVICE} of this host ${state}, and ${other}`;
}

/** How the control plane of this host gets its port back. */
export function takenRemedy(wanted: URL, holder: PortHolder | undefined): Remedy {
  const again = [asRoot(`systemctl reset-failed ${SERVICE}`), asRoot(`systemctl restart ${SERVICE}`)];
  const has = "has the port of this host's control plane, which does not run";
  return holder === undefined
    ? [
        step(`Another program ${has}. To see it, run:`, listenersAt(wanted)),
        step("Stop it, then run:", ...again),
      ]
    : [
        step(`Another program ${has}. To see it, run:`, asRoot(`ps -fp ${holder.pid}`)),
        step("If it should not run, run:", asRoot(`kill ${holder.pid}`), ...again),
      ];
}

export function listenersAt(url: URL): string {
  return asRoot(`ss -ltnp 'sport = :${portOf(url)}'`);
}
