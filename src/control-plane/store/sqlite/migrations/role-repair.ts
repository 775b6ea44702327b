import type { DatabaseSync } from "node:sqlite";
import { printable } from "../../../../lib/printable.ts";
import { randomId } from "../../../../lib/random-id.ts";
import { ROLES } from "../../../../protocol/roles.ts";
import { lowestRoleNamed } from "../rows/stored-role.ts";

const MAX_SHOWN_CHARACTERS = 100;

/** What REPAIR_ROLES uses beside SQLite's own functions. */
export function defineRoleRepair(database: DatabaseSync): void {
  database.function("lowest_role_named", { deterministic: true }, lowestRoleNamed);
  database.function("shown_text", { deterministic: true }, shownText);
  database.function("random_id", randomId);
}

const IS_NO_ROLE = "role is null or role not in ('owner', 'admin', 'member')";

/** In quotes where it would look like a role: what makes it none is a blank, or nothing that is seen. */
function shownText(stored: unknown): string {
  const shown = printable(stored, MAX_SHOWN_CHARACTERS);
  return ROLES.some((role) => role === shown) ? printable(JSON.stringify(stored)) : shown;
}

/** An event for each row of `rows` whose role is none; `target` is its id and its name. */
function eventsOf(action: string, target: string, rows: string): string {
  return `
    insert into auditEvent (id, organizationId, at, actor, action, targetType, targetId, targetName, details, source)
      select random_id(), organizationId, cast(unixepoch('subsec') * 1000 as integer), 'migration', '${action}', 'person',
        ${target}, json_object('role', lowest_role_named(role), 'stored', shown_text(role)), 'migration'
      from ${rows} where ${IS_NO_ROLE};`;
}

/**
 * Every role becomes exactly one of the three, with an event that tells what was there. Nobody is
 * promoted: an organization that has no owner then is named at the start, and in the list of
 * people.
 */
export const REPAIR_ROLES = `
  alter table auditEvent add column actorId text;
  ${eventsOf("member.role_repaired", "user.id, user.email", "member join user on user.id = member.userId")}
  update member set role = lowest_role_named(role) where ${IS_NO_ROLE};
  ${eventsOf("member.invitation_repaired", "email, email", "invitation")}
  update invitation set role = lowest_role_named(role) where ${IS_NO_ROLE};
`;
