import { dirname } from "node:path";
import { printable } from "../printable.ts";
import { shellWord, withSudo } from "../shell-word.ts";

/** Folders of the system: all users of a host have to enter them, so a group is never enough. */
const SYSTEM =
  /^\/(?:(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|run|sbin|srv|var)?|usr(?:\/.*)?|var\/(?:cache|lib|log|opt|spool)|etc\/(?:default|novacula|pki|ssl|ssl\/certs|systemd|systemd\/system))$/u;
/** Everybody may write there too. */
const SHARED = /^\/(?:tmp|var\/tmp|dev\/shm)$/u;
/** They belong to one person or one program, and hold more than the file in question. */
const PRIVATE =
  /^\/(?:root|home\/[^/]+|run\/(?:user|credentials)|var\/(?:cache|lib|log)\/private|etc\/ssl\/private)(?:\/|$)/u;

/** Whether every user of a host has to enter `folder`, as of `/` and `/etc`. */
export function isSystemFolder(folder: string): boolean {
  return SYSTEM.test(folder) || SHARED.test(folder);
}

/** Homes, and folders below those of the system that are no program's own. */
const NEVER_GIVEN =
  /^\/(?:root|home\/[^/]+|proc|sys|snap|lib32|libx32|etc\/.*|(?:bin|boot|dev|lib|lib32|lib64|libx32|proc|sbin|snap|sys)\/.*|run\/(?:credentials|lock|systemd|user)(?:\/.*)?|var\/(?:backups|local|lock|mail|run)|var\/(?:cache|lib|log)\/private)$/u;

/**
 * Whether `folder` is of the system or is somebody's home: no program may become its owner. The
 * path leads through no links.
 */
export function isNeverGiven(folder: string): boolean {
  return isSystemFolder(folder) || NEVER_GIVEN.test(folder);
}

/** How `user` comes to a folder to write to in place of `folder`, which is never given away. */
export function writeElsewhere(folder: string, user: string): string {
  if (SHARED.test(folder)) {
    return `give it back what every user needs of it:\n${withSudo(`chmod 1777 ${shellWord(folder)}`)}`;
  }
  return `leave ${printable(folder, 4096)} as it is: choose a path in a folder that belongs to ${printable(user)} alone, and write it where this path is set`;
}

/**
 * The folders of the system on the way to `path` that a program with a group of its own may enter,
 * and other users may not: somebody has opened them to that group alone.
 */
export function narrowFolders(
  path: string,
  modeOf: (folder: string) => number | undefined,
): readonly string[] {
  const above: string[] = [];
  for (let folder = dirname(path); above.at(-1) !== folder; folder = dirname(folder)) {
    above.push(folder);
  }
  return above.filter((folder) => {
    const mode = modeOf(folder);
    return isSystemFolder(folder) && mode !== undefined && (mode & 0o011) === 0o010;
  });
}

/**
 * The commands of root that let the members of `group` enter `folder`. Undefined: it must stay
 * closed, so a file in it has to move.
 */
export function commandsToEnter(
  folder: string,
  { uid }: { readonly uid: number },
  group: string,
): readonly string[] | undefined {
  if (PRIVATE.test(folder)) {
    return undefined;
  }
  const word = shellWord(folder);
  if (SHARED.test(folder)) {
    return [`chmod 1777 ${word}`];
  }
  if (SYSTEM.test(folder)) {
    return [`chmod ${uid === 0 ? "755" : "o+x"} ${word}`];
  }
  return [`chgrp ${shellWord(group)} ${word}`, `chmod g+x ${word}`];
}

/** What to do with a file in a folder that must stay closed, as a sentence without an end. */
export function moveOut(path: string, folder: string): string {
  const file = printable(path, 4096);
  return `Leave ${printable(folder, 4096)} closed: move ${file} into a folder that the service may enter (/etc/novacula for a key or a certificate), and write its new path where the old one is`;
}
