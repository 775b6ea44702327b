import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { followLinks } from "../../../lib/files/follow-links.ts";
import { type HiddenFolder, hiddenIn, hiddenMounts, isBelow } from "../../../lib/files/hidden-folders.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";

/** A file that exists, and that the sandbox of a service hides from it. */
export interface HiddenFile {
  readonly path: string;
  /** Where its links lead: `path` itself if it is none. */
  readonly target: string;
  /** The first link on `path`, if there is one: a folder above it, or `path` itself. */
  readonly link?: string | undefined;
  readonly by: HiddenFolder;
}

/**
 * Why this process cannot see `path`, if the sandbox of its service hides the folder: the file may
 * be there for everybody else, so no mode and no new file helps. Undefined: it is not hidden.
 */
export async function hiddenFrom(
  path: string,
): Promise<{ readonly problem: string; readonly remedy: Remedy } | undefined> {
  const mounts = hiddenMounts(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""));
  const { target, link } = mounts.length === 0 ? { target: path, link: undefined } : await followLinks(path);
  const by = hiddenIn(path, mounts) ?? hiddenIn(target, mounts);
  if (by === undefined) {
    return undefined;
  }
  const where = target === path ? "is in" : `is a link to ${printable(target, 4096)}, in`;
  return {
    problem: `${where} ${printable(by.folder, 400)}, which ${by.setting} of the unit hides from this service`,
    remedy: broughtOut({ path, target, link, by }),
  };
}

/** The same for a file that others see, but not the service, as a clause. */
export function hiddenDetail({ path, target, by: { folder, setting } }: HiddenFile): string {
  const what = printable(path, 4096) + (target === path ? "" : `, a link to ${printable(target, 4096)}`);
  return `the service does not see ${what}, because ${setting} of its unit hides ${printable(folder, 400)}`;
}

/** How the service gets to see the file. */
export function broughtOut({ path, target, link, by: { setting } }: HiddenFile): Remedy {
  const place = isBelow(path, FOLDER) ? path : `${FOLDER}/${basename(path)}`;
  if (place === target) {
    return [
      step(
        `Take ${setting} out of the unit, then restart. Run:`,
        asRoot("systemctl edit novacula-agent"),
        asRoot("novacula-agent restart"),
      ),
    ];
  }
  if (place === path && link !== undefined && link !== path) {
    // A copy of the file alone would go through that link, onto the file itself.
    const folder = target.slice(0, target.length - (path.length - link.length));
    return [
      step(
        `Put a copy of that folder in place of the link ${printable(link, 4096)}; then delete ${printable(target, 4096)}. Run:`,
        asRoot(`rm ${shellWord(link)}`),
        asRoot(`cp -a ${shellWord(folder)} ${shellWord(link)}`),
      ),
    ];
  }
  const rest = place === path ? "in place of the link" : "and write its new path where the old one is";
  const copy = asRoot(`install -o root -g novacula -m 0640 ${shellWord(target)} ${shellWord(place)}`);
  return [step(`Put a copy into ${FOLDER}, ${rest}; then delete ${printable(target, 4096)}. Run:`, copy)];
}

/** Where the service has its files. */
const FOLDER = "/etc/novacula";
