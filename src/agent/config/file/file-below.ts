import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";

const MAX_FOLDERS = 20;
/** More than these are no folder of one agent. */
const MAX_FILES = 10;

/** A copy or a restore went one folder too deep: how its files come up. Undefined: none did. */
export async function fileBelow(path: string, isOfService: boolean): Promise<readonly Step[] | undefined> {
  const folder = dirname(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  for (const below of folders.sort().slice(0, MAX_FOLDERS)) {
    const inside = await readdir(below, { withFileTypes: true }).catch(() => []);
    const files = inside.filter((entry) => entry.isFile()).map(({ name }) => name);
    if (files.includes(basename(path)) && files.length <= MAX_FILES) {
      const taken = new Set(entries.map(({ name }) => name));
      const moved = files.filter((name) => !taken.has(name)).sort();
      return [movedUp(folder, below, moved, isOfService)];
    }
  }
  return undefined;
}

function movedUp(folder: string, below: string, names: readonly string[], isOfService: boolean): Step {
  const words = (from: string) => names.map((name) => shellWord(join(from, name))).join(" ");
  const given = isOfService
    ? [asRoot(`chown root:novacula ${words(folder)}`), asRoot(`chmod 0640 ${words(folder)}`)]
    : [];
  return step(
    `${printable(below, 400)} has that file: a copy or a restore went one folder too deep. To move its files up, run:`,
    asRoot(`mv -n ${words(below)} ${shellWord(`${folder}/`)}`),
    ...given,
  );
}
