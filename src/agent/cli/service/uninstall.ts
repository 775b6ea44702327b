import { existsSync, lstatSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { OperatorError } from "../../../lib/errors.ts";
import { holdPlace } from "../../../lib/files/held-place.ts";
import { shellWord } from "../../../lib/shell-word.ts";
import { INSTALLED_NODES } from "../../systemd/node-files.ts";
import {
  binaryOf,
  INSTALLED_UNIT,
  isAsInstalled,
  PACKAGED_BINARY,
  PACKAGED_UNITS,
  SERVICE,
} from "../../systemd/service-unit.ts";
import { systemctl } from "../../systemd/systemctl.ts";
import { textOf } from "./install.ts";
import { INSTALL_RECORD, readInstallRecord, stateOf } from "./install-record.ts";
import { assertNoNodes, isNodeFile, nodeStopStep } from "./node-steps.ts";
import { reloadStep } from "./service-steps.ts";
import { type Step, takeSteps } from "./steps.ts";

export interface UninstallOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** The files that `install` made, as they are now. */
interface Findings {
  /** Provably as `install` wrote them: its record or the first line of the unit says so. */
  readonly removable: readonly string[];
  /** Files that stay, with the reason. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Removes the service, its unit and the program. Removes only files that `install` provably wrote,
 * never a file just because some text names it. Configuration, key and state stay.
 */
export async function uninstall(options: UninstallOptions, terminal: Terminal): Promise<ExitCode> {
  const isDryRun = options.dryRun === true;
  const { removable, left } = await find();
  if (removable.length === 0 && left.length === 0) {
    print(terminal, `Nothing to do: ${INSTALLED_UNIT} does not exist. Use apt to remove a package.`);
    return ExitCode.good;
  }
  if (left.some(({ path }) => path === INSTALLED_UNIT) && options.force !== true) {
    throw new OperatorError(
      `${INSTALLED_UNIT} was edited, or install did not write it. Fix: use --force to stop the service and remove everything that install wrote, except this file`,
    );
  }
  if (!isDryRun && process.geteuid?.() !== 0) {
    throw new OperatorError(
      "removing a service needs root. Fix: use sudo, or --dry-run to see what would be done",
    );
  }
  const nodeFiles = removable.filter(isNodeFile);
  if (nodeFiles.length > 0) {
    await assertNoNodes();
  }
  await takeSteps(
    [
      stopStep(),
      ...(nodeFiles.length > 0 ? [nodeStopStep()] : []),
      ...removable.map(removeStep),
      reloadStep(),
    ],
    { isDryRun },
    terminal,
  );
  for (const { path, why } of left) {
    print(terminal, `Left: ${path} ${why}. To remove it: sudo rm ${shellWord(path)}`);
  }
  if (isDryRun) {
    return ExitCode.good;
  }
  // Stays if somebody has put clients of nodes there.
  await rmdir(INSTALLED_NODES.programs).catch(() => undefined);
  await rm(INSTALL_RECORD, { force: true });
  print(
    terminal,
    "Kept: /etc/novacula (configuration and key), /var/lib/novacula (state), data of nodes and the user novacula. Revoke the key if this host is gone for good.",
  );
  if (PACKAGED_UNITS.some(existsSync)) {
    print(
      terminal,
      `The service of the package was stopped, too. To start it, run: sudo systemctl enable --now ${SERVICE}`,
    );
  }
  return ExitCode.good;
}

async function find(): Promise<Findings> {
  const removable: string[] = [];
  const left: { path: string; why: string }[] = [];
  const record = await readInstallRecord();
  const recorded = record?.files ?? [];
  for (const file of recorded) {
    const state = await stateOf(file);
    if (state === "missing") {
      continue;
    }
    const isPackaged = file.path === PACKAGED_BINARY && PACKAGED_UNITS.some(existsSync);
    if (isPackaged) {
      continue;
    }
    if (state === "unchanged" && !(await isInOpenFolder(file.path))) {
      removable.push(file.path);
    } else if (state === "unchanged") {
      left.push({ path: file.path, why: "is in a folder that others than root can write to" });
    } else {
      left.push({ path: file.path, why: "was changed since install wrote it" });
    }
  }
  if (recorded.some(({ path }) => path === INSTALLED_UNIT) || !isThere(INSTALLED_UNIT)) {
    return { removable, left };
  }
  // Older versions kept no record. The first line of the unit shows whether it was edited, but
  // nothing proves where the program is from.
  const unit = (await textOf(INSTALLED_UNIT)) ?? "";
  if (lstatSync(INSTALLED_UNIT).isSymbolicLink() || !isAsInstalled(unit)) {
    return { removable, left: [...left, { path: INSTALLED_UNIT, why: "is not as install wrote it" }] };
  }
  const binary = binaryOf(unit);
  if (binary !== undefined && isThere(binary) && !recorded.some(({ path }) => path === binary)) {
    left.push({
      path: binary,
      why: "is the program in the unit, but nothing proves where it is from",
    });
  }
  return { removable: [INSTALLED_UNIT, ...removable], left };
}

/** Whether others can write to the folder, and so replace the file between check and removal. */
async function isInOpenFolder(path: string): Promise<boolean> {
  try {
    await using place = await holdPlace(path);
    return place.open.length > 0;
  } catch {
    return true;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function stopStep(): Step {
  return {
    what: `stop and disable ${SERVICE}`,
    needed: async () => isThere(INSTALLED_UNIT),
    async perform() {
      const status = await systemctl("disable", "--quiet", "--now", SERVICE);
      if (status !== 0) {
        throw new OperatorError(`${SERVICE} could not be stopped: systemctl failed with exit code ${status}`);
      }
    },
  };
}

function removeStep(path: string): Step {
  return {
    what: `remove ${path}`,
    needed: async () => isThere(path),
    perform: async () => await rm(path),
  };
}
