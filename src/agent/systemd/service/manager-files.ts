import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { inTime } from "../../../lib/files/file-answer.ts";
import { quotedWords } from "./quoted-words.ts";
import { type Assignment, inForce } from "./unit-files.ts";

/** Where systemd looks for system.conf and its drop-ins, the strongest first. */
const FOLDERS = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

/**
 * The files that configure systemd itself, in the order in which it reads them:
 * systemd-system.conf(5). Of several drop-ins with the same name, only the first counts.
 */
export async function managerFiles(folders: readonly string[] = FOLDERS): Promise<readonly string[]> {
  const dropIns = new Map<string, string>();
  for (const folder of folders.map((each) => join(each, "system.conf.d"))) {
    const names = await inTime(folder, () => readdir(folder)).catch(() => []);
    for (const name of names.filter((each) => each.endsWith(".conf") && !dropIns.has(each))) {
      dropIns.set(name, join(folder, name));
    }
  }
  const ordered = [...dropIns.values()].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return [...folders.map((each) => join(each, "system.conf")).reverse(), ...ordered];
}

/** Where `DefaultEnvironment=` sets each variable: `/etc/systemd/system.conf line 2`. */
export function managerPlaces(
  assignments: readonly Assignment[],
): ReadonlyMap<string, { readonly value: string; readonly place: string }> {
  return new Map(
    inForce(assignments, "Manager", "DefaultEnvironment").flatMap(({ file, line, value }) =>
      quotedWords(value).map((word) => {
        const equals = word.indexOf("=");
        return [word.slice(0, equals), { value: word.slice(equals + 1), place: `${file} line ${line}` }];
      }),
    ),
  );
}
