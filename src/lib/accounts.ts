import { readFileSync } from "node:fs";
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

/** `owner root, group novacula`; the number for what has no name here. */
export function ownerText({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
  const { users, groups } = readAccounts();
  const user = users.find((one) => one.uid === uid)?.name ?? uid;
  const group = groups.find((one) => one.gid === gid)?.name ?? gid;
  return `owner ${printable(user, 64)}, group ${printable(group, 64)}`;
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
