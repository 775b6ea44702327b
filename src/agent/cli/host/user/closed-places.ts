import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ownerText } from "../../../../lib/accounts.ts";
import { commandsToEnter } from "../../../../lib/files/folder-entry.ts";
import { printable } from "../../../../lib/printable.ts";
import { shellWord } from "../../../../lib/shell-word.ts";
import type { Identity } from "./identity.ts";

/** The files and folders on a way whose modes keep a user out. */
export interface ClosedPlaces {
  /** A clause that names all of them. */
  readonly problem: string;
  /** What opens all of them, from the outermost on, as far as they may be opened. */
  readonly commands: readonly string[];
  /** The folder that must stay closed; undefined: none must. */
  readonly keptShut: string | undefined;
  /** Who may run the commands, besides root. */
  readonly ownerUid: number;
}

const READ = 4;
const ENTER = 1;

/** Why `user` cannot read the file by the modes on the way; undefined if it can. */
export async function closedToReader(user: Identity, file: string): Promise<ClosedPlaces | undefined> {
  return await closedPlaces(user, file, READ);
}

/** Why `user` cannot enter `folder` by the modes on the way; undefined if it can. */
export async function closedToVisitor(user: Identity, folder: string): Promise<ClosedPlaces | undefined> {
  return await closedPlaces(user, folder, ENTER);
}

async function closedPlaces(user: Identity, path: string, wanted: number): Promise<ClosedPlaces | undefined> {
  const real = await realpath(path);
  const closed: ClosedPlace[] = [];
  for (const place of await placesTo(path, real)) {
    const stats = await stat(place);
    const wants = place === real ? wanted : ENTER;
    if (!grants(stats, user, wants)) {
      closed.push(closedPlace(user, place, stats, wants));
    }
  }
  if (closed.length === 0) {
    return undefined;
  }
  return {
    problem: `the service's user ${user.name} cannot ${closed.map(({ what }) => what).join(", nor ")}`,
    commands: closed.flatMap(({ commands = [] }) => commands),
    keptShut: closed.find(({ commands }) => commands === undefined)?.place,
    ownerUid: closed.every(({ isOwn }) => isOwn) ? user.uid : 0,
  };
}

/** The folders above a path and above what it leads to, from the outermost on, and that itself. */
async function placesTo(path: string, real: string): Promise<readonly string[]> {
  const above = await realpath(dirname(path));
  return [...new Set([...foldersTo(above), ...foldersTo(real)])];
}

function foldersTo(place: string): readonly string[] {
  const above = dirname(place);
  return above === place ? [place] : [...foldersTo(above), place];
}

interface ClosedPlace {
  readonly place: string;
  /** `read /x/key.pem (mode 0600, root:root)`. */
  readonly what: string;
  /** Undefined: it must stay closed. */
  readonly commands: readonly string[] | undefined;
  readonly isOwn: boolean;
}

function closedPlace(user: Identity, place: string, stats: Stats, wants: number): ClosedPlace {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  const isRead = wants === READ;
  const what = `${isRead ? "read" : "enter"} ${printable(place, 4096)} (mode ${mode}, ${ownerText(stats)})`;
  const word = shellWord(place);
  // For the owner, only the owner's bits count.
  const isOwn = stats.uid === user.uid;
  if (isOwn) {
    return { place, what, commands: [`chmod ${isRead ? "u+r" : "u+x"} ${word}`], isOwn };
  }
  const commands = isRead
    ? [`chgrp ${shellWord(user.groupName)} ${word}`, `chmod 0640 ${word}`]
    : commandsToEnter(place, stats, user.groupName);
  return { place, what, commands, isOwn };
}

/** path_resolution(7): only one of the three classes counts. */
function grants(stats: Stats, user: Identity, wants: number): boolean {
  if (user.uid === 0) {
    return true;
  }
  const shift = stats.uid === user.uid ? 6 : user.gids.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & wants) !== 0;
}
