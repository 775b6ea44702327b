import { setTimeout as pause } from "node:timers/promises";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { forgetStarts, systemctl, unitProperties } from "../../systemd/systemctl.ts";

/** systemctl(1): the unit does not exist. */
const NOT_INSTALLED = 5;
/** A program that cannot run at all ends sooner, ms. */
const FAILS_WITHIN_MS = 2000;
/** systemd starts it again after a time, and then it runs for a moment: one look can miss that. */
const LOOK_EVERY_MS = 200;

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
    return status;
  }
  const failure = verb === "stop" ? undefined : await failureAfterStart();
  if (failure === undefined) {
    return status;
  }
  complain(terminal, `novacula-agent: ${SERVICE} was started, but does not run (${failure})`);
  complain(terminal, `To see the cause, and what to do, run: ${asRoot("novacula-agent doctor")}`);
  return ExitCode.bad;
}

/**
 * How the service failed right after a start. The packaged unit says itself when it is ready. One
 * of another type, as an old copy of the unit, has started before its program runs.
 */
async function failureAfterStart(): Promise<string | undefined> {
  const unit = await unitProperties(SERVICE, ["Type"]);
  if (unit === undefined || unit.Type.startsWith("notify")) {
    return undefined;
  }
  for (let waitedMs = 0; waitedMs < FAILS_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    const after = await unitProperties(SERVICE, ["ActiveState", "SubState", "Result"]);
    if (after !== undefined && after.ActiveState !== "active") {
      return `${after.SubState}, ${after.Result}`;
    }
  }
  return undefined;
}
