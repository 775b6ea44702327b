import { type Accounts, FIRST_PASSING_ID, readAccounts } from "../../../../lib/accounts.ts";
import type { ServiceFacts } from "../../../systemd/service/service-facts.ts";

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
