import { existsSync } from "node:fs";
import { OperatorError } from "../../../lib/errors.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { systemctl, unitProperties } from "../../systemd/systemctl.ts";
import type { Step } from "./steps.ts";

/** sd_booted(3): exists if systemd runs this host. */
const SYSTEMD_RUNS = "/run/systemd/system";

/** Throws an OperatorError on a host without systemd, before anything is changed there. */
export function assertSystemd(): void {
  if (!existsSync(SYSTEMD_RUNS)) {
    throw new OperatorError(
      "systemd does not run this host, so nothing was changed: have your own service manager run `novacula-agent run`",
    );
  }
}

/**
 * The steps that make the service run, now and after a boot. `isChanged`: the program or the unit is
 * about to change, so systemd has to read the unit again and a running service restarts.
 */
export function startSteps(isChanged: boolean): readonly Step[] {
  const verb = isChanged ? "restart" : "start";
  return [
    {
      what: "have systemd read the units (systemctl daemon-reload)",
      needed: async () => isChanged,
      perform: () => mustSucceed("daemon-reload"),
    },
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

async function property(name: "UnitFileState" | "ActiveState"): Promise<string | undefined> {
  return (await unitProperties(SERVICE, [name]))?.[name];
}

async function mustSucceed(...args: readonly string[]): Promise<void> {
  const status = await systemctl(...args);
  if (status !== 0) {
    throw new OperatorError(
      `systemctl ${args.join(" ")} ended with ${status}: see systemctl status ${SERVICE}, then run install again`,
    );
  }
}
