import { readlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** As many as Linux follows before it says ELOOP: path_resolution(7). */
const MOST_LINKS = 40;

/**
 * Every path at which `file` can become another one: the symbolic links on the way to it, each where it stands, and
 * what is at their end, whether it exists or not. No path that is given goes through a link itself.
 */
export async function placesOf(file: string): Promise<readonly [end: string, ...links: string[]]> {
  const links: string[] = [];
  const rest = file.split("/");
  let reached = "/";
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = join(reached, part);
    const target = await readlink(next).catch(() => undefined);
    if (target === undefined || links.length === MOST_LINKS) {
      reached = next;
      continue;
    }
    links.push(next);
    rest.unshift(...target.split("/"));
    if (isAbsolute(target)) {
      reached = "/";
    }
  }
  return [reached, ...links];
}
