import { lstat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { folderText, holdPlace, LinkInOpenFolder, type OpenFolder } from "../../../lib/files/held-place.ts";
import { printable } from "../../../lib/printable.ts";

/** Only characters without a special meaning in systemd.service(5) and in shells. */
const PLAIN = /^[\w./+@,:=-]+$/u;
/** Hidden from the service by its unit (ProtectHome=, PrivateTmp=), or empty after each boot. */
const HIDDEN = ["/home", "/root", "/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys"];

/**
 * Rejects with an OperatorError if the program must not be installed at `binary`. Root and systemd
 * run it, so nobody else may be able to replace it. Its path becomes part of the unit.
 */
export async function assertProgramPlace(binary: string): Promise<void> {
  const problem =
    nameProblem(binary) ?? (await folderProblem(dirname(binary))) ?? (await fileProblem(binary));
  if (problem === undefined) {
    return;
  }
  throw new OperatorError(`cannot install to ${printable(binary, 4096)}, so nothing was done: ${problem}`);
}

function nameProblem(binary: string): string | undefined {
  if (!binary.startsWith("/")) {
    return "it must be an absolute path";
  }
  if (!PLAIN.test(binary)) {
    return "the path may contain only ASCII letters, digits and ./+@,:=_-, because it becomes part of the systemd unit";
  }
  if (resolve(binary) !== binary) {
    return `write it as ${resolve(binary)}`;
  }
  if (binary === "/") {
    return "it is a folder. Fix: name the file in it";
  }
  if (basename(binary) === "novacula-control-plane") {
    return "a program of this name is the control plane. Fix: give it another name";
  }
  const hidden = HIDDEN.find((folder) => binary.startsWith(`${folder}/`));
  return (
    hidden && `the service cannot see ${hidden}, or it is emptied at boot. Fix: use /usr/local/bin or /opt`
  );
}

/** `install` makes a missing folder, so the folder above it is checked. */
async function folderProblem(folder: string): Promise<string | undefined> {
  try {
    await using place = await holdPlace(`${folder}/file`);
    const open = place.open[0];
    return open && writableProblem(open);
  } catch (error) {
    if (error instanceof LinkInOpenFolder) {
      return writableProblem(error.folder);
    }
    if (errorCode(error) === "ENOENT" && folder !== "/") {
      return await folderProblem(dirname(folder));
    }
    return `its folder cannot be used (${errorCode(error) ?? "unknown error"})`;
  }
}

function writableProblem(folder: OpenFolder): string {
  return `others than root can write to ${folderText(folder)}, and could replace the program. Fix: use another folder, such as /usr/local/bin`;
}

async function fileProblem(binary: string): Promise<string | undefined> {
  const stats = await lstat(binary).catch(() => undefined);
  if (stats === undefined || stats.isFile()) {
    return undefined;
  }
  if (stats.isSymbolicLink()) {
    return "it is a symbolic link. Fix: name its target, or remove the link";
  }
  return stats.isDirectory() ? "it is a folder. Fix: name the file in it" : "it is not a regular file";
}
