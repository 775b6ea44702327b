import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { PortHolder } from "../../systemd/service/port-holder.ts";
import type { ProcessFacts } from "../../systemd/service/process-facts.ts";
import { type LocalAddress, portOf, USUAL_PORT } from "./local-address.ts";
import { type LocalStart, SERVICE } from "./local-start.ts";

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
export function takenRemedy(
  wanted: URL,
  holder: PortHolder | undefined,
  database: string | undefined,
): Remedy {
  const again = [asRoot(`systemctl reset-failed ${SERVICE}`), asRoot(`systemctl restart ${SERVICE}`)];
  const has = "has the port of this host's control plane, which does not run";
  if (holder === undefined) {
    return [
      step(`Another program ${has}. To see it, run:`, listenersAt(wanted)),
      step("Stop it, then run:", ...again),
    ];
  }
  const unit = holder.facts?.unit;
  const end =
    unit === undefined ? asRoot(`kill ${holder.pid}`) : asRoot(`systemctl disable --now ${shellWord(unit)}`);
  const about = holder.facts === undefined ? "" : ` ${factsText(holder, holder.facts, database)}`;
  return [
    step(`Another program ${has}.${about} To see it, run:`, asRoot(`ps -fp ${holder.pid}`)),
    step("If it should not run, run:", end, ...again),
  ];
}

/** What tells whether it should run, as sentences; `own` is the database of the service. */
function factsText({ pid, name }: PortHolder, facts: ProcessFacts, own: string | undefined): string {
  const { user, sinceMs, unit, session, folder, database } = facts;
  const since = sinceMs === undefined ? "" : ` since ${utcTime(sinceMs)}`;
  const at = folder === undefined ? "" : `, in the folder ${shown(folder)}`;
  const where =
    unit !== undefined
      ? `in the service ${shown(unit)}`
      : `outside the service, started by hand${session === undefined ? "" : ` in session ${shown(session)}`}`;
  const runs = `PID ${pid} is ${shown(name)}, which runs as ${shown(user)}${since}${at}, ${where}.`;
  if (database === undefined) {
    return runs;
  }
  const other =
    own === undefined ? "" : own === database ? ", as the service" : `, but the service has ${shown(own)}`;
  return `${runs} Its database is ${shown(database)}${other}.`;
}

function shown(text: string): string {
  return printable(text, 400);
}

export function listenersAt(url: URL): string {
  return asRoot(`ss -ltnp 'sport = :${portOf(url)}'`);
}
