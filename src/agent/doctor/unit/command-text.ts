import { constants } from "node:os";
import { printable } from "../../../lib/printable.ts";
import type { FailedCommand } from "../../systemd/unit/failed-command.ts";
import { isOfSystemd } from "./exit-text.ts";

/** How a command of a unit failed: `ExecStartPre=/x of its unit ended with status 3: …`. */
export function commandText(command: FailedCommand, result: string): string {
  const { setting, path, words } = command;
  const said = words === undefined ? "" : `: ${words}`;
  return `${setting}=${printable(path, 200)} of its unit ${endText(command, result)}${said}`;
}

function endText({ isBySignal, status }: FailedCommand, result: string): string {
  if (isBySignal) {
    const name = Object.entries(constants.signals).find(([, number]) => number === status)?.[0];
    return result === "timeout"
      ? "took longer than a start may (TimeoutStartSec=)"
      : `was ended by a signal (${name ?? status})`;
  }
  return status === NOT_EXECUTED
    ? "cannot be executed (status 203/EXEC)"
    : isOfSystemd(status)
      ? `could not be started (status ${status})`
      : `ended with status ${status}`;
}

const NOT_EXECUTED = 203;
