import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { printable } from "../../../lib/printable.ts";
import { asRoot, inPlace, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";

/** A folder where a file should be. */
export interface FolderInstead {
  /** The end of a sentence about the path. */
  readonly problem: string;
  /** The entries; undefined: this user may not know. */
  readonly names: readonly string[] | undefined;
  /** The absolute path of the file in it that is probably meant. */
  readonly meant: string | undefined;
}

const SHOWN = 3;

/**
 * What the folder holds tells what happened: a mount made it, or somebody copied the file into it.
 */
export async function folderInstead(path: string): Promise<FolderInstead> {
  const is = "is a folder, not a regular file";
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    return { problem: is, names: undefined, meant: undefined };
  }
  const names = entries.map(({ name }) => name).sort();
  return { problem: `${is}: ${contents(names)}`, names, meant: meantIn(path, entries) };
}

/** The same for a setting that names the file. */
export function nameTheFile(path: string, { names, meant }: FolderInstead): Remedy {
  if (meant !== undefined) {
    return `Name that file instead: ${printable(meant, 4096)}`;
  }
  const empty = inPlace<Remedy>({
    host: [step("Remove it, and put the file there. Run:", asRoot(`rmdir ${shellWord(path)}`))],
    pod: "Mount the Secret or the ConfigMap that has the file.",
  });
  return names?.length === 0 ? empty : "Name the file in it that is meant.";
}

function contents(names: readonly string[]): string {
  if (names.length === 0) {
    return "it is empty";
  }
  const shown = names.slice(0, SHOWN).map((name) => printable(name, 60));
  const rest = names.length - shown.length;
  return `it holds ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** The file of the same name, else the only one. */
function meantIn(path: string, entries: readonly Dirent[]): string | undefined {
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  const same = files.find(({ name }) => name === basename(path));
  const only = files.length === 1 ? files[0] : undefined;
  const meant = same ?? only;
  return meant && join(path, meant.name);
}
