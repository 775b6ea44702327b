import { readlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** As many as Linux follows before it returns ELOOP: path_resolution(7). */
const MOST_LINKS = 40;

/**
 * Every path at which `file` can become another file: each symbolic link on the way to it, and the
 * end of that way, which need not exist. No returned path leads through a link itself.
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
