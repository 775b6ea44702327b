import { chmod, chown, copyFile, mkdir, readFile, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isSea } from "node:sea";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { errorCode, OperatorError } from "../lib/errors.ts";
import {
  INSTALLED_UNIT,
  installedUnit,
  isAsInstalled,
  PACKAGED_UNITS,
  SERVICE,
} from "../systemd/service-unit.ts";
import { runHostTool, systemctl } from "../systemd/systemctl.ts";
import { exampleConfig } from "./example-config.ts";
import { ExitCode } from "./exit-codes.ts";
import { serviceUser } from "./service-user.ts";
import { type Step, takeSteps } from "./steps.ts";
import { print, type Terminal } from "./terminal.ts";

export interface InstallOptions {
  readonly binary: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

const CONFIG = "/etc/novacula/agent.toml";
const SYSUSERS = 'u novacula - "Novacula agent" /var/lib/novacula';

/** Makes this host run the agent as a service, without a package: each step is printed, and one that is done already is left alone. */
export async function install(options: InstallOptions, terminal: Terminal): Promise<number> {
  const isDryRun = options.dryRun === true;
  await assertNoPackage();
  if (!isDryRun && process.geteuid?.() !== 0)
    throw new OperatorError(
      "installing a service needs root: use sudo, or --dry-run to see what would be done",
    );
  const binary = resolve(options.binary);
  const unit = installedUnit(binary);
  await assertUnedited(unit, options.force === true);
  const isChanged = await anyNeeded([binaryStep(binary), unitStep(unit)]);
  const steps = [binaryStep(binary), userStep(), configStep(), unitStep(unit)];
  await takeSteps(steps, { isDryRun }, terminal);
  if (isDryRun) return ExitCode.good;
  const status = await startService(isChanged);
  if (status === 0) print(terminal, nextSteps(terminal));
  return status;
}

async function startService(isChanged: boolean): Promise<number> {
  const reload = await systemctl("daemon-reload");
  if (reload !== 0) return reload;
  const enable = await systemctl("enable", "--quiet", SERVICE);
  if (enable !== 0) return enable;
  return await systemctl(isChanged ? "restart" : "start", SERVICE);
}

function nextSteps(terminal: Terminal): string {
  const editor = terminal.environment["EDITOR"] ?? "nano";
  return [
    `${SERVICE} runs. What is left to do:`,
    `  sudo ${editor} ${CONFIG}   # the control plane's url`,
    "  sudo novacula-agent set-key                 # the key, safely",
    "  novacula-agent status",
  ].join("\n");
}

async function assertNoPackage(): Promise<void> {
  for (const path of PACKAGED_UNITS)
    if ((await textOf(path)) !== undefined)
      throw new OperatorError(
        `the package novacula-agent is installed here (${path}), and it manages the service: use apt`,
      );
}

async function assertUnedited(unit: string, isForced: boolean): Promise<void> {
  const found = await textOf(INSTALLED_UNIT);
  if (found === undefined || found === unit || isForced || isAsInstalled(found)) return;
  throw new OperatorError(
    `${INSTALLED_UNIT} has been edited: keep your changes in a drop-in (systemctl edit ${SERVICE}), then replace the file with --force`,
  );
}

function binaryStep(binary: string): Step {
  const source = process.execPath;
  return {
    what: `copy this program to ${binary}`,
    async needed() {
      if (!isSea())
        throw new OperatorError("only the single binary can be installed: node packaging/build.ts makes it");
      if (source === binary) return false;
      const [ours, theirs] = await Promise.all([readFile(source), readFile(binary).catch(() => undefined)]);
      return theirs === undefined || !ours.equals(theirs);
    },
    async perform() {
      await mkdir(dirname(binary), { recursive: true });
      // Renamed over: a running binary cannot be written to.
      await copyFile(source, `${binary}.new`);
      await chmod(`${binary}.new`, 0o755);
      await rename(`${binary}.new`, binary);
    },
  };
}

function userStep(): Step {
  return {
    what: "create the user novacula, which the service runs as",
    needed: async () => serviceUser() === undefined,
    perform: async () => await runHostTool("systemd-sysusers", ["--inline", SYSUSERS]),
  };
}

function configStep(): Step {
  return {
    what: `write ${CONFIG} (root:novacula, 0640), for you to fill in`,
    needed: async () => (await textOf(CONFIG)) === undefined,
    async perform() {
      await mkdir(dirname(CONFIG), { recursive: true, mode: 0o755 });
      const gid = serviceUser()?.gids[0] ?? 0;
      await writeFileAtomically(CONFIG, exampleConfig(), { mode: 0o640, owner: { uid: 0, gid } });
    },
  };
}

function unitStep(unit: string): Step {
  return {
    what: `write ${INSTALLED_UNIT}`,
    needed: async () => (await textOf(INSTALLED_UNIT)) !== unit,
    async perform() {
      await writeFileAtomically(INSTALLED_UNIT, unit, { mode: 0o644 });
      await chown(INSTALLED_UNIT, 0, 0);
    },
  };
}

async function anyNeeded(steps: readonly Step[]): Promise<boolean> {
  const needed = await Promise.all(steps.map((step) => step.needed()));
  return needed.includes(true);
}

/** undefined where there is no such file. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new OperatorError(`cannot read ${path}`, { cause: error });
  }
}
