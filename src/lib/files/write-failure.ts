import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../errors.ts";
import { printable } from "../printable.ts";
import { inPlace, shellWord, withSudo } from "../shell-word.ts";
import { moveAway } from "../text/file-command.ts";
import { type AccessProblem, flagged, processOwner, readProblem, writeProblem } from "./access-problem.ts";
import { NoFileAnswer } from "./file-answer.ts";
import { fileSystemOf, fullDisk } from "./file-system.ts";
import { tooManyFiles } from "./open-files.ts";

const KERNEL_LOG = () =>
  inPlace({
    host: "look for errors of the disk in the kernel log:\nsudo journalctl -k -n 50",
    pod: "look for errors of the disk in the kernel log of the Kubernetes node",
  });

/**
 * Why the file `path`, or another one in its folder, could not be written, after the write failed
 * with `error`. `service` is the unit whose sandbox may be the reason.
 */
export function writeFailure(path: string, error: unknown, service: string): AccessProblem {
  if (error instanceof NoFileAnswer) {
    return { problem: `it ${error.message}`, fix: "check the mount that it is on" };
  }
  const code = printable(errorCode(error) ?? "unknown error", 40);
  const folder = dirname(path);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return fullDisk(path);
    case "ENOTDIR":
    case "EEXIST":
      return inTheWay(notFolder(folder), (shown) => `${shown} is not a folder (${code})`);
    case "EISDIR":
    case "ERR_FS_EISDIR":
    case "ELOOP":
      return inTheWay(path, () => `a folder or a link is in its place (${code})`);
    case "EFBIG":
      return {
        problem: `this process may not write so large a file (${code}): LimitFSIZE= of its unit, or ulimit -f`,
        fix: inPlace({
          host: `remove that limit, then restart the service:\nsudo systemctl edit ${service}`,
          pod: "remove that limit from the runtime of the container",
        }),
      };
    case "EIO":
      return { problem: `${fileSystemOf(path)} failed (${code})`, fix: KERNEL_LOG() };
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOENT":
      return (
        writeProblem(folder, [path], service) ?? readProblem(path) ?? missingFolder(folder, code, service)
      );
    case "EMFILE":
    case "ENFILE":
      return noDescriptor(code);
    default:
      return { problem: `the system says ${code}`, fix: `check ${fileSystemOf(path)}` };
  }
}

function noDescriptor(code: string): AccessProblem {
  const { problem = code, fix = "", command } = tooManyFiles(code) ?? {};
  return { problem, fix: command === undefined ? fix : `${fix}:\n${command}` };
}

/** Nothing is deleted: nobody knows what it is. */
function inTheWay(path: string, problem: (shown: string) => string): AccessProblem {
  const move = withSudo(moveAway(path));
  return {
    problem: problem(printable(path, 4096)),
    fix: inPlace({ host: `move it away:\n${move}`, pod: "move it away in the volume" }),
  };
}

/** The topmost part of the path that exists and is no folder. */
function notFolder(folder: string): string {
  const above = dirname(folder);
  return above === folder || isFolder(above) ? folder : notFolder(above);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function missingFolder(folder: string, code: string, service: string): AccessProblem {
  const shown = printable(folder, 4096);
  if (existsSync(folder) && code === "EPERM") {
    const { fix } = flagged("a", folder);
    return {
      problem: `no name in ${shown} can be removed (EPERM): it is probably append-only (chattr +a)`,
      fix,
    };
  }
  if (existsSync(folder)) {
    return { problem: `the system forbids it (${code})`, fix: KERNEL_LOG() };
  }
  const [user = "", group = ""] = processOwner().split(":");
  const make = `make it:\n${withSudo(`install -d -o ${user} -g ${group} -m 0700 ${shellWord(folder)}`)}`;
  const edit = withSudo(`systemctl edit ${service}`);
  const allow =
    code === "EROFS"
      ? `\nThen add ReadWritePaths=${shown} below [Service], and restart the service:\n${edit}`
      : "";
  const problem = `the folder ${shown} does not exist, and could not be made (${code})`;
  return { problem, fix: inPlace({ host: `${make}${allow}`, pod: "mount a volume there" }) };
}
