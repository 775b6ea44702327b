import { accessSync, chmodSync, constants, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readAccounts } from "../accounts.ts";
import { errorCode } from "../errors.ts";
import { printable } from "../printable.ts";
import { inPlace, shellWord, withSudo } from "../shell-word.ts";
import { fileSystemOf } from "./file-system.ts";
import { commandsToEnter, isNeverGiven, isSystemFolder, moveOut, writeElsewhere } from "./folder-entry.ts";
import { limitOfRoot } from "./limit-of-root.ts";
import { foldersAbove } from "./mounts/mount-table.ts";
import { ofHost } from "./mounts/read-only-mount.ts";

/** In a user namespace (PrivateUsers= of a unit), the kernel shows foreign users as this one. */
const UNMAPPED = 65_534;
const { R_OK, W_OK, X_OK } = constants;
/** path_resolution(7) */
const MAX_LINKS = 40;
const FS_GROUP = "set fsGroup in the pod's securityContext, or mount a volume of its user there";

/** What this process may not do with a file, with whose it is, and what to do about it. */
export interface AccessProblem {
  /** `/x/y.db belongs to root (mode 0600), so user cp (uid 998) may not write it`. */
  readonly problem: string;
  /** One or more lines; commands are on lines of their own. */
  readonly fix: string;
}

/** What is in the way of reading `path`: the file, or a folder above it. Undefined: nothing. */
export function readProblem(path: string): AccessProblem | undefined {
  const blocked = blockedPlace(path, R_OK);
  const stats = blocked && statIfThere(blocked.place);
  if (blocked === undefined || stats === undefined) {
    return undefined;
  }
  const { place, code } = blocked;
  const folder = blocked.isFolder ? place : undefined;
  const verb = folder === undefined ? "read it" : `enter it, and so not read ${shown(path)}`;
  const denial = rootDenial(code, place);
  if (denial !== undefined) {
    return denial;
  }
  const others = folder === undefined ? readFix(place) : enterFix(path, folder, stats);
  const own = withSudo(`chmod u+${folder === undefined ? "r" : "x"} ${shellWord(place)}`);
  return {
    problem: `${whose(place, stats)}, so ${processUser()} may not ${verb}`,
    fix: inPlace({ host: isOwn(stats) ? own : others, pod: FS_GROUP }),
  };
}

/** The bits of the group do not count for the owner of a place. */
const isOwn = ({ uid }: Stats) => uid === process.geteuid?.();

function readFix(file: string): string {
  const word = shellWord(file);
  return `let its group read it:\n${withSudo(`chgrp ${shellWord(processGroup())} ${word}`)} && ${withSudo(`chmod g+r ${word}`)}`;
}

function enterFix(path: string, folder: string, stats: Stats): string {
  const commands = commandsToEnter(folder, stats, processGroup());
  const who = isSystemFolder(folder) ? "every user" : "its group";
  return commands === undefined
    ? moveOut(path, folder)
    : `let ${who} enter it:\n${commands.map(withSudo).join(" && ")}`;
}

/**
 * What is in the way of writing the `files` and of creating files in their `folder`. A file that
 * does not exist is none. Undefined: nothing. `service` is the unit whose sandbox may forbid it.
 */
export function writeProblem(
  folder: string,
  files: readonly string[],
  service: string,
): AccessProblem | undefined {
  const wanted = [{ path: folder, mode: W_OK | X_OK }, ...files.map((path) => ({ path, mode: R_OK | W_OK }))];
  const blocked = wanted.flatMap(({ path, mode }) => {
    const stats = statIfThere(path);
    const code = stats === undefined ? undefined : refusalOf(path, mode);
    return stats === undefined || code === undefined ? [] : [{ path, stats, code }];
  });
  const [first] = blocked;
  if (first === undefined) {
    const appended = [folder, ...files].find(isAppendOnly);
    return appended === undefined ? undefined : flagged("a", appended);
  }
  if (first.code === "EROFS") {
    return {
      problem: `${shown(first.path)} is on a file system that is read-only here`,
      fix: readOnlyFix(folder, service),
    };
  }
  if (first.code === "EPERM") {
    return flagged("i", first.path);
  }
  const denial = rootDenial(first.code, first.path);
  if (denial !== undefined) {
    return denial;
  }
  const kept = blocked.map(({ path }) => realpathSync(path)).find(isNeverGiven);
  const words = blocked.map(({ path }) => shellWord(path)).join(" ");
  const areOwn = blocked.every(({ stats }) => isOwn(stats));
  const problem = `${blocked.map(({ path, stats }) => whose(path, stats)).join(", and ")}, so ${processUser()} may not write there`;
  return {
    problem,
    fix: inPlace({
      host:
        kept === undefined || areOwn
          ? withSudo(areOwn ? `chmod u+rwX ${words}` : `chown ${processOwner()} ${words}`)
          : writeElsewhere(kept, userName(process.geteuid?.() ?? -1) ?? "its user"),
      pod: FS_GROUP,
    }),
  };
}

/** What chattr(1) set, which holds for root too. */
export function flagged(flag: "i" | "a", path: string): AccessProblem {
  const command = `chattr -${flag} ${shellWord(path)}`;
  return {
    problem: `${shown(path)} is ${flag === "i" ? "immutable" : "append-only"} (chattr +${flag}), for root too`,
    fix: inPlace({
      host: withSudo(command),
      pod: `run this on the Kubernetes node, for the volume: ${command}`,
    }),
  };
}

/**
 * access(2) does not tell; but even its owner may not set the mode, not to what it is. The file is
 * not opened for this: to close it would end the locks that SQLite has on it in this process.
 */
function isAppendOnly(path: string): boolean {
  const stats = statIfThere(path);
  if (stats === undefined || stats.uid !== process.geteuid?.()) {
    return false;
  }
  try {
    chmodSync(path, stats.mode & 0o7777);
    return false;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** Modes do not hold for root, so no change of them helps. */
function rootDenial(code: string, path: string): AccessProblem | undefined {
  if (process.geteuid?.() !== 0 || code !== "EACCES") {
    return undefined;
  }
  const { why, fix } = limitOfRoot(path);
  return { problem: `root may not use ${shown(path)}: ${why}`, fix };
}

function readOnlyFix(folder: string, service: string): string {
  const allow = `add ReadWritePaths=${shown(folder)} below [Service]`;
  return inPlace({
    host:
      ofHost(folder, service) ??
      `mount it writable (it is ${fileSystemOf(folder)}), or, if a unit of systemd forbids it, ${allow}, and restart the service:\nsudo systemctl edit ${service}`,
    pod: "mount a volume there that is not read-only",
  });
}

interface BlockedPlace {
  readonly place: string;
  readonly isFolder: boolean;
  readonly code: string;
}

/** The first place on the way to `path` that refuses, also behind links: they have no modes. */
function blockedPlace(path: string, mode: number, links = 0): BlockedPlace | undefined {
  const ways = [
    ...["/", ...foldersAbove(path).toReversed()].map((each) => ({ each, wanted: X_OK })),
    { each: path, wanted: mode },
  ];
  for (const { each, wanted } of ways) {
    const code = refusalOf(each, wanted);
    if (code !== undefined) {
      const target = links < MAX_LINKS ? linkTarget(each) : undefined;
      const behind = target === undefined ? undefined : blockedPlace(target, wanted, links + 1);
      return behind ?? { place: each, isFolder: wanted === X_OK, code };
    }
  }
  return undefined;
}

function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}

function refusalOf(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    return code === "EACCES" || code === "EPERM" || code === "EROFS" ? code : undefined;
  }
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function whose(path: string, { uid, gid, mode }: Stats): string {
  const { users, groups } = readAccounts();
  const owner =
    uid === UNMAPPED ? "another user" : (users.find((each) => each.uid === uid)?.name ?? `uid ${uid}`);
  const group =
    gid === UNMAPPED ? "another group" : `group ${groups.find((each) => each.gid === gid)?.name ?? gid}`;
  const octal = (mode & 0o7777).toString(8).padStart(4, "0");
  return `${shown(path)} belongs to ${printable(owner)} (${printable(group)}, mode ${octal})`;
}

/** `user novacula-control-plane (uid 998)`. */
export function processUser(): string {
  const uid = process.geteuid?.() ?? -1;
  const name = userName(uid);
  return name === undefined ? `uid ${uid}` : `user ${printable(name)} (uid ${uid})`;
}

/** `novacula-control-plane:novacula-control-plane`, for chown(1). */
export function processOwner(): string {
  const uid = process.geteuid?.() ?? -1;
  return shellWord(`${userName(uid) ?? uid}:${processGroup()}`);
}

function userName(uid: number): string | undefined {
  return readAccounts().users.find((each) => each.uid === uid)?.name;
}

function processGroup(): string {
  const gid = process.getegid?.() ?? -1;
  return readAccounts().groups.find((each) => each.gid === gid)?.name ?? `${gid}`;
}

function shown(path: string): string {
  return printable(path, 4096);
}
