import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { forgetStarts, systemctl } from "../../systemd/systemctl.ts";

/** systemctl(1): the unit does not exist. */
const NOT_INSTALLED = 5;

/**
 * Runs `systemctl start|stop|restart` and resolves with its exit code. Explains how to fix a
 * failure.
 */
export async function controlService(
  verb: "start" | "stop" | "restart",
  terminal: Terminal,
): Promise<number> {
  // Otherwise earlier starts count against this one (StartLimitBurst=). Only root may clear them.
  if (verb !== "stop" && process.geteuid?.() === 0) {
    await forgetStarts(SERVICE);
  }
  const status = await systemctl(verb, SERVICE);
  if (status !== 0) {
    const next =
      status === NOT_INSTALLED
        ? `Fix: ${asRoot("novacula-agent install")}`
        : `To see why, run: ${asRoot(`systemctl status ${SERVICE}`)}`;
    complain(terminal, `novacula-agent: systemctl ${verb} ${SERVICE} failed with exit code ${status}`);
    complain(terminal, next);
  }
  return status;
}
