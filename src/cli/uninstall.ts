import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { OperatorError } from "../lib/errors.ts";
import { binaryOf, INSTALLED_UNIT, isAsInstalled, SERVICE } from "../systemd/service-unit.ts";
import { systemctl } from "../systemd/systemctl.ts";
import { ExitCode } from "./exit-codes.ts";
import { textOf } from "./install.ts";
import { type Step, takeSteps } from "./steps.ts";
import { print, type Terminal } from "./terminal.ts";

export interface UninstallOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** Takes back what `install` made: service, unit, binary. Configuration, key and state stay, and it says so. */
export async function uninstall(options: UninstallOptions, terminal: Terminal): Promise<number> {
  const isDryRun = options.dryRun === true;
  const unit = await textOf(INSTALLED_UNIT);
  if (unit === undefined) {
    print(terminal, `Nothing to do: there is no ${INSTALLED_UNIT}. A package is removed with apt.`);
    return ExitCode.good;
  }
  if (!isAsInstalled(unit) && options.force !== true)
    throw new OperatorError(`${INSTALLED_UNIT} was edited, or is not of \`install\`: remove it with --force`);
  if (!isDryRun && process.geteuid?.() !== 0)
    throw new OperatorError(
      "removing a service needs root: use sudo, or --dry-run to see what would be done",
    );
  const binary = binaryOf(unit);
  const steps = [
    stopStep(),
    removeStep(INSTALLED_UNIT),
    ...(binary === undefined ? [] : [removeStep(binary)]),
  ];
  await takeSteps(steps, { isDryRun }, terminal);
  if (isDryRun) return ExitCode.good;
  const status = await systemctl("daemon-reload");
  print(
    terminal,
    "Kept: /etc/novacula (configuration and key), /var/lib/novacula (state) and the user novacula. Revoke the key if this host is not to come back.",
  );
  return status;
}

function stopStep(): Step {
  return {
    what: `stop and disable ${SERVICE}`,
    needed: async () => true,
    async perform() {
      const status = await systemctl("disable", "--quiet", "--now", SERVICE);
      if (status !== 0)
        throw new OperatorError(`${SERVICE} could not be stopped (systemctl ended with ${status})`);
    },
  };
}

function removeStep(path: string): Step {
  return {
    what: `remove ${path}`,
    needed: async () => existsSync(path),
    perform: async () => await rm(path),
  };
}
