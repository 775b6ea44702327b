import { readlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";

/** As many as Linux follows: path_resolution(7). */
const MAX_LINKS = 40;

/** Where a path leads, through the links on it. */
export interface Followed {
  /** The path itself if there is no link on it. */
  readonly target: string;
  /** The first link on the path: a folder above, or the path itself. Undefined: there is none. */
  readonly link: string | undefined;
}

/**
 * Follows the links on an absolute path as far as this process may look, also to what does not
 * exist, or into a folder that it may not enter: realpath(3) fails for both.
 */
export async function followLinks(path: string): Promise<Followed> {
  let target = path;
  let link: string | undefined;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const found = await firstLink(target);
    if (found === undefined) {
      break;
    }
    link ??= found.link;
    const rest = target.slice(found.link.length);
    target = join(resolve(dirname(found.link), found.leads), rest);
  }
  return { target, link };
}

async function firstLink(path: string) {
  let link = "";
  for (const name of path.split(sep).filter((part) => part !== "")) {
    link += `${sep}${name}`;
    const leads = await readlink(link).catch(() => undefined);
    if (leads !== undefined) {
      return { link, leads };
    }
  }
  return undefined;
}
