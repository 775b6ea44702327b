import { constants, type Stats } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Accounts, FIRST_PASSING_ID, ownerText, readAccounts } from "../../../lib/accounts.ts";
import { commandsToEnter, moveOut } from "../../../lib/files/folder-entry.ts";
import { printable } from "../../../lib/printable.ts";
import { asOwner, asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { ServiceFacts } from "../../systemd/service/service-facts.ts";
import { asUser } from "./as-user.ts";

const SERVICE_USER = "novacula";

/** A user with the groups that the kernel checks. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  /** Primary group first. */
  readonly gids: readonly number[];
  readonly groupName: string;
  /** Whether systemd makes it for one process: nothing on disk can be its own. */
  readonly isPassing?: boolean;
}

/** The user that systemd makes for one process of a unit: it may read what everybody may. */
export function passingUser(name: string): Identity {
  return { name, uid: FIRST_PASSING_ID, gids: [FIRST_PASSING_ID], groupName: name, isPassing: true };
}

/** The packaged service's user; undefined if this host has none. */
export function serviceUser(): Identity | undefined {
  return identityIn(readAccounts(), SERVICE_USER);
}

/**
 * The user of a unit's `User=`, by name or number, with its `Group=` unless that is empty, and
 * with its `SupplementaryGroups=`. systemd.exec(5): `Group=` replaces the user's primary group.
 */
export function unitUser(
  unit: Readonly<Pick<ServiceFacts, "User" | "Group">> & { readonly SupplementaryGroups: readonly string[] },
): Identity | undefined {
  const accounts = readAccounts();
  const user = unit.User || "root";
  const name = accounts.users.find(({ uid }) => String(uid) === user)?.name ?? user;
  const identity = identityIn(accounts, name);
  if (identity === undefined) {
    return undefined;
  }
  const [primary = identity.uid, ...others] = identity.gids;
  const groupOf = (wanted: string) =>
    accounts.groups.find((one) => one.name === wanted || String(one.gid) === wanted);
  const known = groupOf(unit.Group);
  const more = unit.SupplementaryGroups.flatMap((wanted) => groupOf(wanted)?.gid ?? []);
  return {
    ...identity,
    groupName: known?.name ?? identity.groupName,
    gids: [known?.gid ?? primary, ...others, ...more],
  };
}

/** The user with this ID. If this host has no name for it, its only group is `gid`. */
export function userOf(uid: number, gid: number): Identity {
  const accounts = readAccounts();
  const name = accounts.users.find((user) => user.uid === uid)?.name;
  const known = name === undefined ? undefined : identityIn(accounts, name);
  return known ?? { name: String(uid), uid, gids: [gid], groupName: String(gid) };
}

/** The user with all its groups; undefined if this host has no such user. */
export function identityIn({ users, groups }: Accounts, name: string): Identity | undefined {
  const user = users.find((one) => one.name === name);
  if (user === undefined) {
    return undefined;
  }
  const { uid, gid } = user;
  const others = groups.filter(({ members }) => members.includes(name));
  const groupName = groups.find((group) => group.gid === gid)?.name ?? String(gid);
  return { name, uid, gids: [gid, ...others.map((group) => group.gid)], groupName };
}

/** Why a user cannot read a file, and the command that fixes it. */
export interface Obstacle {
  readonly problem: string;
  readonly remedy: Remedy;
}

/**
 * Why `user` cannot read `path`; undefined if it can. Root lets the kernel decide, because an ACL
 * may allow or deny what the modes do not. The explanation goes by the modes of the file and of the
 * folders above it. Rejects if the file is missing.
 */
export async function obstacleFor(user: Identity, path: string): Promise<Obstacle | undefined> {
  const real = await realpath(path);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && (await canOpen(user, real))) {
    return undefined;
  }
  const obstacle = await modeObstacle(user, real);
  if (obstacle !== undefined || !isRoot) {
    return obstacle;
  }
  const word = shellWord(real);
  return {
    problem: `the service's user ${user.name} cannot read ${printable(real, 4096)}, although its mode allows it: an ACL, a security module or the file system forbids it`,
    remedy: [
      step("To see an ACL, run:", asRoot(`getfacl ${word}`)),
      step("If it is the ACL, run:", asRoot(`setfacl -m u:${user.name}:r ${word}`)),
    ],
  };
}

/** One at a time: the rights are those of the whole process. */
let lastOpen: Promise<unknown> = Promise.resolve();

async function canOpen(user: Identity, path: string): Promise<boolean> {
  const opened = lastOpen.then(() =>
    asUser(user, async () => {
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      await file.close();
    }),
  );
  lastOpen = opened.catch(() => undefined);
  return await opened.then(
    () => true,
    () => false,
  );
}

async function modeObstacle(user: Identity, real: string): Promise<Obstacle | undefined> {
  const found = await closedPlace(user, real, READ);
  return (
    found && { problem: found.problem, remedy: user.isPassing === true ? LASTING : remedyOf(found, real) }
  );
}

const LASTING = "Give the service a user that lasts: an account of this host in User=, without DynamicUser=.";

function remedyOf({ place, commands, ownerUid }: ClosedPlace, file: string): Remedy {
  return commands === undefined
    ? `${moveOut(file, place)}.`
    : [step("Run:", ...commands.map((command) => asOwner(ownerUid, command)))];
}

/** Why `user` cannot enter `folder` by the modes on the way; undefined if it can. */
export async function entryObstacle(user: Identity, folder: string): Promise<ClosedPlace | undefined> {
  return await closedPlace(user, await realpath(folder), ENTER);
}

/** A file or a folder whose mode keeps a user out. */
export interface ClosedPlace {
  readonly place: string;
  readonly problem: string;
  /** What opens it; undefined: it must stay closed. */
  readonly commands: readonly string[] | undefined;
  /** Who may run them, besides root. */
  readonly ownerUid: number;
}

async function closedPlace(
  user: Identity,
  real: string,
  wanted: typeof READ | typeof ENTER,
): Promise<ClosedPlace | undefined> {
  const places = [real];
  for (let folder = dirname(real); folder !== places.at(-1); folder = dirname(folder)) {
    places.push(folder);
  }
  for (const place of places.reverse()) {
    const stats = await stat(place);
    const wants = place === real ? wanted : ENTER;
    if (grants(stats, user, wants)) {
      continue;
    }
    const problem = `the service's user ${user.name} cannot ${wants === READ ? "read" : "enter"} ${printable(place, 4096)} (mode ${(stats.mode & 0o7777).toString(8).padStart(4, "0")}, ${ownerText(stats)})`;
    const word = shellWord(place);
    // For the owner, only the owner's bits count.
    if (stats.uid === user.uid) {
      const commands = [`chmod ${wants === READ ? "u+r" : "u+x"} ${word}`];
      return { place, problem, commands, ownerUid: stats.uid };
    }
    const commands =
      wants === READ
        ? [`chgrp ${shellWord(user.groupName)} ${word}`, `chmod 0640 ${word}`]
        : commandsToEnter(place, stats, user.groupName);
    return { place, problem, commands, ownerUid: 0 };
  }
  return undefined;
}

const READ = 4;
const ENTER = 1;

/** path_resolution(7): only one of the three classes counts. */
function grants(stats: Stats, user: Identity, wants: number): boolean {
  if (user.uid === 0) {
    return true;
  }
  const shift = stats.uid === user.uid ? 6 : user.gids.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & wants) !== 0;
}
