import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isInUserNamespace } from "../../../lib/files/limit-of-root.ts";
import { foldersAbove, lineInFstab, mountsIn } from "../../../lib/files/mounts/mount-table.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";

/**
 * What to do about a file that is missing because of a mount: its folder is to be mounted and is
 * not, or something is mounted over it. Undefined: no mount explains it, as in a container, whose
 * mounts are made elsewhere.
 */
export async function missingMount(path: string): Promise<Step | undefined> {
  if (!existsSync("/run/systemd/system")) {
    return undefined;
  }
  const [mountinfo, fstab] = await Promise.all([textOf("/proc/self/mountinfo"), textOf("/etc/fstab")]);
  return mountStep(path, { mountinfo, fstab, isInSandbox: isInUserNamespace() });
}

interface Mounts {
  /** proc_pid_mountinfo(5). */
  readonly mountinfo: string;
  /** fstab(5). */
  readonly fstab: string;
  /** Whether this process has mounts of its own, which no command of a person reaches. */
  readonly isInSandbox: boolean;
}

export function mountStep(path: string, { mountinfo, fstab, isInSandbox }: Mounts): Step | undefined {
  const mounted = mountsIn(mountinfo);
  for (const folder of foldersAbove(path)) {
    const type = mounted.get(folder)?.type;
    const line = lineInFstab(fstab, folder);
    if (type === undefined && line > 0) {
      return step(
        `${printable(folder, 400)} is not mounted, and /etc/fstab line ${line} says that it should be. Run:`,
        asRoot(`mount ${shellWord(folder)}`),
      );
    }
    // The others are the system's own.
    if (type !== undefined && line === 0 && dirname(folder) !== "/") {
      const over = `A file system (${printable(type, 40)}) is mounted on ${printable(folder, 400)}, and hides what was there before.`;
      return isInSandbox
        ? step(over)
        : step(`${over} If it should not be mounted, run:`, asRoot(`umount ${shellWord(folder)}`));
    }
  }
  return undefined;
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
