import { readFileSync, type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { printable } from "../../../lib/printable.ts";

const SERVICE_USER = "novacula";

/** A user as the kernel judges one. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  /** Primary group first. */
  readonly gids: readonly number[];
  readonly groupName: string;
}

/** The packaged service's user; undefined where this host has none. */
export function serviceUser(): Identity | undefined {
  return identityIn(textOf("/etc/passwd"), textOf("/etc/group"), SERVICE_USER);
}

/** The user of a unit's `User=`, by name or number, with its `Group=` where that is set. */
export function userNamed(user: string, group: string): Identity | undefined {
  const [passwd, groups] = [textOf("/etc/passwd"), textOf("/etc/group")];
  const name = entries(passwd).find(([, , uid]) => uid === user)?.[0] ?? user;
  const identity = identityIn(passwd, groups, name);
  if (identity === undefined || group === "") {
    return identity;
  }
  const [groupName, , gid] = entries(groups).find(([known, , id]) => known === group || id === group) ?? [];
  if (groupName === undefined) {
    return identity;
  }
  return { ...identity, groupName, gids: [Number(gid), ...identity.gids] };
}

/** The user with this number; one that this host has no name for has only the group given. */
export function userOf(uid: number, gid: number): Identity {
  const passwd = textOf("/etc/passwd");
  const name = entries(passwd).find(([, , id]) => id === String(uid))?.[0];
  const known = name === undefined ? undefined : identityIn(passwd, textOf("/etc/group"), name);
  return known ?? { name: String(uid), uid, gids: [gid], groupName: String(gid) };
}

/** passwd(5) and group(5) as texts. */
export function identityIn(passwd: string, group: string, name: string): Identity | undefined {
  const [, , uid, gid] = entries(passwd).find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined) {
    return undefined;
  }
  const groups = entries(group);
  const others = groups.filter(([, , , members]) => members?.split(",").includes(name));
  const primary = groups.find(([, , id]) => id === gid)?.[0];
  const gids = [gid, ...others.map(([, , id]) => id)].map(Number);
  return { name, uid: Number(uid), gids, groupName: primary ?? gid };
}

/**
 * Why that user cannot read `path`, by the modes on the way there, and the commands that fix it;
 * undefined where it can.
 */
export async function obstacleFor(
  user: Identity,
  path: string,
): Promise<{ readonly problem: string; readonly remedy: string } | undefined> {
  const real = await realpath(path);
  const places = [real];
  for (let folder = dirname(real); folder !== places.at(-1); folder = dirname(folder)) {
    places.push(folder);
  }
  for (const place of places.reverse()) {
    const stats = await stat(place);
    const wants = place === real ? READ : PASS;
    if (grants(stats, user, wants)) {
      continue;
    }
    const problem = `the service's user ${user.name} cannot ${wants === READ ? "read" : "pass"} ${printable(place, 4096)} (mode ${(stats.mode & 0o7777).toString(8).padStart(4, "0")}, owner ${stats.uid}, group ${stats.gid})`;
    const word = quoted(place);
    // Of its own file, the mode of its group does not count.
    if (stats.uid === user.uid) {
      return { problem, remedy: `chmod ${wants === READ ? "u+r" : "u+x"} ${word}` };
    }
    const mode = wants === READ ? "0640" : "g+x";
    return { problem, remedy: `chgrp ${user.groupName} ${word} && chmod ${mode} ${word}` };
  }
  return undefined;
}

const READ = 4;
const PASS = 1;

/** path_resolution(7): exactly one of the three classes decides. */
function grants(stats: Stats, user: Identity, wants: number): boolean {
  if (user.uid === 0) {
    return true;
  }
  const shift = stats.uid === user.uid ? 6 : user.gids.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & wants) !== 0;
}

function quoted(path: string): string {
  const text = printable(path, 4096);
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function entries(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
