import { lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isSea } from "node:sea";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import {
  INSTALLED_UNIT,
  installedUnit,
  isAsInstalled,
  PACKAGED_UNITS,
  SERVICE,
} from "../../systemd/service-unit.ts";
import { runHostTool, systemdVersion } from "../../systemd/systemctl.ts";
import { serviceUser } from "../host/user/identity.ts";
import { inPlace } from "../host/write-place.ts";
import { exampleConfig } from "./example-config.ts";
import { type FileStep, fileStep } from "./file-step.ts";
import {
  INSTALL_RECORD,
  type InstalledFile,
  readInstallRecord,
  withFiles,
  writeInstallRecord,
} from "./install-record.ts";
import { assertUneditedNodes, nodeFileSteps, nodeGroupStep, nodeStartSteps, oneStep } from "./node-steps.ts";
import { assertProgramPlace } from "./program-place.ts";
import { assertSystemd, reloadStep, startSteps } from "./service-steps.ts";
import { type Step, takeSteps } from "./steps.ts";

export interface InstallOptions {
  readonly binary: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

const CONFIG = "/etc/novacula/agent.toml";
const SYSUSERS = 'u novacula - "Novacula agent" /var/lib/novacula';

/**
 * Installs the agent as a service without a package. Prints each step and skips what is already
 * done. Rejects with an OperatorError, before any change, on a host that is not suitable.
 */
export async function install(options: InstallOptions, terminal: Terminal): Promise<ExitCode> {
  const isDryRun = options.dryRun === true;
  await assertNoPackage();
  if (!isDryRun && process.geteuid?.() !== 0) {
    throw new OperatorError(
      "installing a service needs root. Fix: use sudo, or --dry-run to see what would be done",
    );
  }
  const { binary } = options;
  await assertProgramPlace(binary);
  if (!isSea()) {
    throw new OperatorError(
      "only the single binary can be installed. Fix: build it with npm run build, as dist/novacula-agent",
    );
  }
  assertSystemd();
  const unit = installedUnit(binary, await systemdVersion());
  const nodeFiles = nodeFileSteps();
  await assertUnedited(unit, options.force === true);
  await assertUneditedNodes(nodeFiles, options.force === true);
  // The running program: the file at its path may have been replaced.
  const program = await readFile("/proc/self/exe");
  const binaryStep = fileStep(`copy this program to ${binary}`, binary, program, 0o755);
  const unitStep = fileStep(`write ${INSTALLED_UNIT}`, INSTALLED_UNIT, Buffer.from(unit), 0o644);
  const written = await needed([binaryStep, unitStep, ...nodeFiles]);
  const isChanged = written.some((file) => file === binaryStep.file || file === unitStep.file);
  await takeSteps(
    [
      recordStep(written),
      binaryStep,
      ...[userStep(), nodeGroupStep(), configStep()],
      unitStep,
      ...oneStep(nodeFiles),
      { ...reloadStep(), needed: async () => written.length > 0 },
      ...nodeStartSteps(nodeFiles),
      ...startSteps(isChanged),
    ],
    { isDryRun },
    terminal,
  );
  if (!isDryRun) {
    print(terminal, nextSteps(terminal));
  }
  return ExitCode.good;
}

function nextSteps(terminal: Terminal): string {
  const editor = terminal.environment["EDITOR"] ?? "nano";
  return [
    `${SERVICE} runs. To finish:`,
    `  sudo ${editor} ${CONFIG}   # set control_plane.url`,
    "  sudo novacula-agent set-key                 # set the key",
    "  sudo novacula-agent status",
  ].join("\n");
}

async function assertNoPackage(): Promise<void> {
  for (const path of PACKAGED_UNITS) {
    if ((await textOf(path)) !== undefined) {
      throw new OperatorError(
        `the package novacula-agent manages the service on this host (${path}). Fix: use apt`,
      );
    }
  }
}

async function assertUnedited(unit: string, isForced: boolean): Promise<void> {
  const stats = await lstat(INSTALLED_UNIT).catch(() => undefined);
  if (stats?.isSymbolicLink() === true) {
    throw new OperatorError(
      `${INSTALLED_UNIT} is a symbolic link (a masked or linked unit). Fix: remove it with ${asRoot(`systemctl unmask ${SERVICE}`)} or ${asRoot(`systemctl disable ${SERVICE}`)}, then try again`,
    );
  }
  const found = await textOf(INSTALLED_UNIT);
  if (found === undefined || found === unit || isForced || isAsInstalled(found)) {
    return;
  }
  throw new OperatorError(
    `${INSTALLED_UNIT} has been edited. Fix: move your changes to a drop-in (${asRoot(`systemctl edit ${SERVICE}`)}), then replace the file with --force`,
  );
}

/**
 * Comes before the files: after an interrupted run, uninstall leaves alone any file that differs
 * from the record.
 */
function recordStep(written: readonly InstalledFile[]): Step {
  return {
    what: `record in ${INSTALL_RECORD} what uninstall may remove`,
    needed: async () => written.length > 0,
    perform: async () => await writeInstallRecord(withFiles(await readInstallRecord(), written)),
  };
}

async function needed(steps: readonly FileStep[]): Promise<readonly InstalledFile[]> {
  const found: InstalledFile[] = [];
  for (const step of steps) {
    if (await step.needed()) {
      found.push(step.file);
    }
  }
  return found;
}

function userStep(): Step {
  return {
    what: "create the user novacula for the service",
    needed: async () => serviceUser() === undefined,
    perform: async () => await runHostTool("systemd-sysusers", ["--inline", SYSUSERS]),
  };
}

function configStep(): Step {
  return {
    what: `write ${CONFIG} (root:novacula, 0640), for you to complete`,
    needed: async () => (await textOf(CONFIG)) === undefined,
    async perform() {
      await mkdir(dirname(CONFIG), { recursive: true, mode: 0o755 });
      const gid = serviceUser()?.gids[0] ?? 0;
      const options = { mode: 0o640, owner: { uid: 0, gid } };
      await inPlace(CONFIG, ({ path, mayGiveAway }) =>
        writeFileAtomically(path, exampleConfig(), mayGiveAway ? options : { mode: options.mode }),
      );
    },
  };
}

/** The text of a file; undefined if it does not exist. Otherwise rejects with an OperatorError. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw new OperatorError(`cannot read ${path}`, { cause: error });
  }
}
