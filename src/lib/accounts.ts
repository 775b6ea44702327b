import { readFileSync } from "node:fs";

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
  /** Names of the users that have it as a supplementary group. */
  readonly members: readonly string[];
}

/** The users and groups of a host, as far as its files list them: a directory service has more. */
export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
}

/** Those of this host; empty lists for files that cannot be read. */
export function readAccounts(): Accounts {
  return parseAccounts(textOf("/etc/passwd"), textOf("/etc/group"));
}

/** `passwd` and `group` are the texts of these files. Lines without a number are left out. */
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
