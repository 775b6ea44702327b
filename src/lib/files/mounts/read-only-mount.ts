import { readFileSync } from "node:fs";
import { printable } from "../../printable.ts";
import { shellWord, withSudo } from "../../shell-word.ts";
import { commentOut } from "../../text/file-command.ts";
import { lastMountAbove, lineInFstab, optionsInFstab } from "./mount-table.ts";

/** Why nobody may write below a folder: a mount is read-only. */
export interface ReadOnlyMount {
  readonly point: string;
  /** The line of /etc/fstab that says so; 0: none does. */
  readonly fstabLine: number;
  /** Whether a folder is mounted over itself: without the mount, it is the same folder. */
  readonly isOverItself: boolean;
  /** Whether the file system itself is read-only, also at its other mounts. */
  readonly isWhole: boolean;
}

/** What to do about it, as a clause, and the commands. */
interface WayBack {
  readonly say: string;
  readonly commands: readonly string[];
}

/** From proc_pid_mountinfo(5) and fstab(5). Undefined: no mount forbids to write to `path`. */
export function readOnlyMountIn(mountinfo: string, fstab: string, path: string): ReadOnlyMount | undefined {
  const mount = lastMountAbove(mountinfo, path);
  if (mount === undefined || (!mount.isReadOnly && !mount.isOfReadOnly)) {
    return undefined;
  }
  const { point } = mount;
  const { device, options } = optionsInFstab(fstab, point);
  return {
    point,
    fstabLine: options.includes("ro") ? lineInFstab(fstab, point) : 0,
    isOverItself: device === point && options.some((option) => /^r?bind$/u.test(option)),
    isWhole: mount.isOfReadOnly,
  };
}

/** The same of this host, as this process sees it: its unit may have made mounts for it alone. */
export function readOnlyMount(path: string): ReadOnlyMount | undefined {
  return readOnlyMountIn(textOf("/proc/self/mountinfo"), textOf("/etc/fstab"), path);
}

/**
 * What to do if this host made the mount: a clause, and a line with the commands. Undefined: the
 * unit of this process may have made it, which no command of a person reaches.
 */
export function ofHost(path: string, service: string): string | undefined {
  const mount = readOnlyMount(path);
  if (mount === undefined || (mount.fstabLine === 0 && !mount.isWhole)) {
    return undefined;
  }
  const { say, commands } = wayBack(mount, service, withSudo);
  return `${say}:\n${[...commands, withSudo(`systemctl restart ${service}`)].join(" && ")}`;
}

/**
 * How it becomes writable, and stays so at the next boot. Then `service`, which may be stopped, has
 * to be restarted. `asRoot` makes a command one of root.
 */
export function wayBack(mount: ReadOnlyMount, service: string, asRoot: (command: string) => string): WayBack {
  const { point, fstabLine, isOverItself, isWhole } = mount;
  const shown = printable(point, 400);
  const word = shellWord(point);
  const remount = asRoot(`mount -o remount,${isWhole ? "" : "bind,"}rw ${word}`);
  const reload = asRoot("systemctl daemon-reload");
  if (fstabLine === 0) {
    const disk = isWhole ? " (if its disk failed, the kernel log says so)" : "";
    return { say: `mount ${shown} writable${disk}`, commands: [remount] };
  }
  const line = `line ${fstabLine} of /etc/fstab`;
  return isOverItself
    ? {
        say: `make ${line} a comment, which mounts ${shown} over itself, read-only, and unmount that`,
        commands: [
          asRoot(commentOut("/etc/fstab", { line: fstabLine })),
          reload,
          // It has files open there, and umount(8) would end it as busy.
          asRoot(`systemctl stop ${service}`),
          asRoot(`umount ${word}`),
        ],
      }
    : {
        say: `change ro to rw in ${line}, which mounts ${shown} read-only`,
        commands: [asRoot(sayWritable(fstabLine)), reload, remount],
      };
}

/** The option alone: a path may have such a part, and there is `errors=remount-ro`. */
function sayWritable(line: number): string {
  return `sed -i --follow-symlinks '${line}s/\\([[:blank:],]\\)ro\\([[:blank:],]\\|$\\)/\\1rw\\2/' /etc/fstab`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
