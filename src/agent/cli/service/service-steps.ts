import { existsSync } from "node:fs";
import { OperatorError } from "../../../lib/errors.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { systemctl, unitProperties } from "../../systemd/systemctl.ts";
import type { Step } from "./steps.ts";

/** sd_booted(3): exists if systemd runs this host. */
const SYSTEMD_RUNS = "/run/systemd/system";

/** Throws an OperatorError on a host without systemd, before anything is changed there. */
export function assertSystemd(): void {
  if (!existsSync(SYSTEMD_RUNS)) {
    throw new OperatorError(
      "systemd does not run this host, so nothing was changed. Fix: have your own service manager run `novacula-agent run`",
    );
  }
}

/**
 * The steps that make the service run, now and after a boot. `isChanged`: the program or the unit
 * has changed, so a running service restarts.
 */
export function startSteps(isChanged: boolean): readonly Step[] {
  const verb = isChanged ? "restart" : "start";
  return [
    {
      what: `enable ${SERVICE}, so that it starts at boot`,
      needed: async () => (await property("UnitFileState")) !== "enabled",
      perform: () => mustSucceed("enable", "--quiet", SERVICE),
    },
    {
      what: `${verb} ${SERVICE}`,
      needed: async () => isChanged || (await property("ActiveState")) !== "active",
      perform: () => mustSucceed(verb, SERVICE),
    },
  ];
}

/** Makes systemd notice that a unit file was written or removed. */
export function reloadStep(): Step {
  return {
    what: "make systemd read the units again (systemctl daemon-reload)",
    needed: async () => true,
    perform: () => mustSucceed("daemon-reload"),
  };
}

async function property(name: "UnitFileState" | "ActiveState"): Promise<string | undefined> {
  return (await unitProperties(SERVICE, [name]))?.[name];
}

/** Runs systemctl; rejects with an OperatorError if it fails. */
export async function mustSucceed(...args: readonly string[]): Promise<void> {
  const status = await systemctl(...args);
  if (status !== 0) {
    throw new OperatorError(
      `systemctl ${args.join(" ")} failed with exit code ${status}. To see why, run: ${asRoot(`systemctl status ${SERVICE}`)}`,
    );
  }
}
