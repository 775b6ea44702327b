import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { forgetStarts, systemctl } from "../../systemd/systemctl.ts";

/** `systemctl start|stop|restart` of the service; a failing systemctl's status is passed on, with where to look. */
export async function controlService(
  verb: "start" | "stop" | "restart",
  terminal: Terminal,
): Promise<number> {
  // Or systemd would hold earlier starts against this one (StartLimitBurst=).
  if (verb !== "stop" && process.geteuid?.() === 0) {
    await forgetStarts(SERVICE);
  }
  const status = await systemctl(verb, SERVICE);
  if (status !== 0) {
    const look =
      status === 5 ? "install it first: novacula-agent install" : `see: systemctl status ${SERVICE}`;
    complain(terminal, `novacula-agent: systemctl ${verb} ${SERVICE} ended with ${status}; ${look}`);
  }
  return status;
}
