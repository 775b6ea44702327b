import { CommandError } from "../../../lib/command-line/command-error.ts";
import { inPlace, withSudo } from "../../../lib/shell-word.ts";
import { type UnitState, unitState } from "../../../lib/systemd/unit-state.ts";
import { ENVIRONMENT_FILE, isServiceInstalled, UNIT } from "../../settings/variable-source.ts";

const SERVICE = "novacula-control-plane";
const JOURNAL = `Why it ended:\nsudo journalctl -u ${SERVICE} -p err -n 10`;

/** The error for a socket on which nothing listens, with the command that starts the service. */
export async function notRunning(socketPath: string): Promise<CommandError> {
  const state = isServiceInstalled() ? await unitState(UNIT) : undefined;
  return new CommandError("not_running", `no control plane listens on ${socketPath}`, {
    fix: startFix(state),
  });
}

/** `state` is undefined without the service, or without systemd. */
export function startFix(state: UnitState | undefined): string {
  if (state === undefined || state.load === "not-found") {
    const start = inPlace({
      host: `start it with ${SERVICE} serve`,
      pod: `look why it does not serve (${withSudo(`journalctl -u ${SERVICE}`)})`,
    });
    return `${start}, or name its socket with --socket or MANAGEMENT_SOCKET`;
  }
  if (state.load === "masked") {
    return `its service is masked:\nsudo systemctl unmask ${SERVICE}\nsudo systemctl enable --now ${SERVICE}`;
  }
  if (state.active === "active" || state.active === "reloading") {
    return (
      "its service runs, with another socket: name it with --socket. It is MANAGEMENT_SOCKET, or management.sock " +
      `beside DATABASE_URL:\nsudo grep -E '^(DATABASE_URL|MANAGEMENT_SOCKET)=' ${ENVIRONMENT_FILE}`
    );
  }
  if (state.active === "activating") {
    return state.isLooping
      ? `its service fails at each start. ${JOURNAL}`
      : "its service is starting: run the command again in a few seconds";
  }
  // A start is refused after too many of them, until they are forgotten.
  const forget = state.result === "start-limit-hit" ? `\nsudo systemctl reset-failed ${SERVICE}` : "";
  const why = state.active === "failed" ? ` ${JOURNAL}` : "";
  return `start its service:${forget}\nsudo systemctl start ${SERVICE}${why === "" ? "" : `\n${why.trim()}`}`;
}
