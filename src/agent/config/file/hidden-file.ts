import { readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import { type HiddenFolder, hiddenIn, hiddenMounts } from "../../../lib/files/hidden-folders.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";

/**
 * Why this process cannot see `path`, if the sandbox of its service hides the folder: the file may
 * be there for everybody else, so no mode and no new file helps. Undefined: it is not hidden.
 */
export async function hiddenFrom(
  path: string,
): Promise<{ readonly problem: string; readonly remedy: string } | undefined> {
  const mounts = hiddenMounts(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""));
  const target = mounts.length === 0 ? path : await readlink(path).catch(() => path);
  const hidden = hiddenIn(path, mounts) ?? hiddenIn(target, mounts);
  if (hidden === undefined) {
    return undefined;
  }
  const { folder, setting } = hidden;
  return {
    problem: `is in ${printable(folder, 400)}, which ${setting} of the unit hides from this service`,
    remedy: movedTo(path),
  };
}

/** The same for a file that others see, but not the service, as a clause. */
export function hiddenDetail(path: string, { folder, setting }: HiddenFolder): string {
  return `the service does not see ${printable(path, 4096)}, because ${setting} of its unit hides ${printable(folder, 400)}`;
}

/** Where the file can be instead, as a sentence that ends with the command. */
export function movedTo(path: string): string {
  const moved = `/etc/novacula/${basename(path)}`;
  const command = asRoot(`install -o root -g novacula -m 0640 ${shellWord(path)} ${shellWord(moved)}`);
  return `Move it to /etc/novacula, and write its new path where the old one is. Run: ${command}`;
}
