import { lstat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { folderText, holdPlace, LinkInOpenFolder, type OpenFolder } from "../../../lib/files/held-place.ts";
import { printable } from "../../../lib/printable.ts";

/** No character of it means anything to systemd.service(5) or to a shell. */
const PLAIN = /^[\w./+@,:=-]+$/u;
/**
 * The unit hides them from the service (ProtectHome=, PrivateTmp=), or they are empty after each
 * boot.
 */
const HIDDEN = ["/home", "/root", "/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys"];

/**
 * Rejects with an OperatorError where `install` may not put the program at `binary`: what is put
 * there is started by systemd and run by root, so nobody else may be able to replace it, and its
 * name goes into the unit as it is.
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
    return "write the whole path, from / on";
  }
  if (!PLAIN.test(binary)) {
    return "the path may have letters without accents, digits and ./+@,:=_- only: it becomes a line of the systemd unit";
  }
  if (resolve(binary) !== binary) {
    return `write it as ${resolve(binary)}`;
  }
  if (binary === "/") {
    return "it is a folder: name the file in it";
  }
  if (basename(binary) === "novacula-control-plane") {
    return "called like that the program is the control plane: give it another name";
  }
  const hidden = HIDDEN.find((folder) => binary.startsWith(`${folder}/`));
  return (
    hidden && `the service does not see ${hidden}, or it does not outlast a boot: take /usr/local/bin or /opt`
  );
}

/** Also of a folder that is not there yet: `install` makes it, so the one above counts. */
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
  return `not only root may write ${folderText(folder)}, and who may could replace the program: take another folder, such as /usr/local/bin`;
}

async function fileProblem(binary: string): Promise<string | undefined> {
  const stats = await lstat(binary).catch(() => undefined);
  if (stats === undefined || stats.isFile()) {
    return undefined;
  }
  if (stats.isSymbolicLink()) {
    return "it is a symbolic link: name the file that it leads to, or remove the link";
  }
  return stats.isDirectory() ? "it is a folder: name the file in it" : "there is something that is no file";
}
