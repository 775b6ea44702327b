import type { DatabaseSync } from "node:sqlite";
import { printable } from "../../lib/printable.ts";
import { ROLES, type Role } from "../people-store.ts";
import { randomId } from "../random-id.ts";

const MAX_SHOWN_CHARACTERS = 100;

/**
 * The role that a stored text grants: the one that it is; of several the lowest, and member where it names none. An
 * earlier version let better-auth store what an admin had sent, such as "admin, owner".
 */
export function lowestRoleNamed(stored: unknown): Role {
  if (typeof stored !== "string") return "member";
  const names = stored.split(",").map((name) => name.trim());
  return ROLES.findLast((role) => names.includes(role)) ?? "member";
}

/** What REPAIR_ROLES uses beside SQLite's own functions. */
export function defineRoleRepair(database: DatabaseSync): void {
  database.function("lowest_role_named", { deterministic: true }, lowestRoleNamed);
  database.function("shown_text", { deterministic: true }, (value) => printable(value, MAX_SHOWN_CHARACTERS));
  database.function("random_id", randomId);
}

const isNoRole = "role is null or role not in ('owner', 'admin', 'member')";
const event = (action: string, target: string, from: string) => `
  insert into auditEvent (id, organizationId, at, actor, action, targetType, targetId, targetName, details, source)
    select random_id(), row.organizationId, cast(unixepoch('subsec') * 1000 as integer), 'migration', '${action}', 'person',
      ${target}, json_object('role', lowest_role_named(row.role), 'stored', shown_text(row.role)), 'migration'
    from ${from} where row.${isNoRole.replace("or role", "or row.role")} order by row.rowid;`;

/**
 * Every role becomes exactly one of the three, with an event that tells what was there. Nobody is promoted: an
 * organization that has no owner then is named at the start, and in the list of people.
 */
export const REPAIR_ROLES = `
  alter table auditEvent add column actorId text;
  ${event("member.role_repaired", "u.id, u.email", "member row join user u on u.id = row.userId")}
  update member set role = lowest_role_named(role) where ${isNoRole};
  ${event("member.invitation_repaired", "row.email, row.email", "invitation row")}
  update invitation set role = lowest_role_named(role) where ${isNoRole};
`;
