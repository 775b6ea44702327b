import { existsSync, readFileSync } from "node:fs";
import { printable } from "./printable.ts";

/** One line of passwd(5). */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** One line of group(5). */
export interface Group {
  readonly name: string;
  readonly gid: number;
  /** The names of the users that have it as a supplementary group. */
  readonly members: readonly string[];
}

/** The users and groups that the files of a host list. A directory service may have more. */
export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
}

/** The users and groups of this host. A file that cannot be read gives an empty list. */
export function readAccounts(): Accounts {
  return parseAccounts(textOf("/etc/passwd"), textOf("/etc/group"));
}

/** What the kernel shows for an ID that the user namespace of a process does not have: nogroup. */
export const UNMAPPED_ID = 65_534;
const UNKNOWN = "unknown in this sandbox";

/**
 * `owner root, group novacula`; the number for what has no name here. A sandbox with users of its
 * own (`isSandboxed`) does not know everybody.
 */
export function ownerText(
  { uid, gid }: { readonly uid: number; readonly gid: number },
  isSandboxed = false,
): string {
  const { users, groups } = readAccounts();
  const isHidden = (id: number) => isSandboxed && id === UNMAPPED_ID;
  const user = isHidden(uid) ? UNKNOWN : (users.find((one) => one.uid === uid)?.name ?? uid);
  const group = isHidden(gid) ? UNKNOWN : (groups.find((one) => one.gid === gid)?.name ?? gid);
  return `owner ${printable(user, 64)}, group ${printable(group, 64)}`;
}

/** From which systemd takes the users of DynamicUser=: systemd.exec(5). */
export const FIRST_PASSING_ID = 61_184;
const LAST_PASSING_ID = 65_519;

/** Whether systemd has made this user for one process: no account of this host has its ID. */
export function isPassingUser(uid: number): boolean {
  const isInRange = uid >= FIRST_PASSING_ID && uid <= LAST_PASSING_ID;
  return (
    isInRange && existsSync("/run/systemd/system") && !readAccounts().users.some((one) => one.uid === uid)
  );
}

/** Parses the texts of passwd(5) and group(5). Lines without a numeric id are left out. */
export function parseAccounts(passwd: string, group: string): Accounts {
  return {
    users: rows(passwd).map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) })),
    groups: rows(group).map(([name = "", , gid, members = ""]) => ({
      name,
      gid: Number(gid),
      members: members.split(",").filter((member) => member !== ""),
    })),
  };
}

function rows(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([name, , id = ""]) => name !== "" && /^\d+$/.test(id));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
