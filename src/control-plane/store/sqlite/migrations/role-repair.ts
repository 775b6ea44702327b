import type { DatabaseSync } from "node:sqlite";
import { printable } from "../../../../lib/printable.ts";
import { randomId } from "../../../../lib/random-id.ts";
import { ROLES } from "../../../../protocol/roles.ts";
import { Cells } from "../../rows/cells.ts";
import { lowestRoleNamed } from "../../rows/stored-role.ts";

const MAX_SHOWN_CHARACTERS = 100;

/** A member whom the migration left a role with rights, because an invalid one named it. */
export interface RepairedMember {
  readonly organizationSlug: string;
  readonly email: string;
  readonly role: string;
  /** The invalid role, printable. */
  readonly stored: string;
}

/** The members that REPAIR_ROLES made owner or admin, as its audit events name them. */
export function repairedMembers(database: DatabaseSync): readonly RepairedMember[] {
  const sql = `select o.slug, e.targetName as email, e.details->>'role' as role, e.details->>'stored' as stored
    from auditEvent e join organization o on o.id = e.organizationId
    where e.action = 'member.role_repaired' and e.details->>'role' <> 'member' order by o.slug, email`;
  return database
    .prepare(sql)
    .all()
    .map((row) => {
      const cells = new Cells(row);
      return {
        organizationSlug: cells.text("slug"),
        email: cells.text("email"),
        role: cells.text("role"),
        stored: cells.text("stored"),
      };
    });
}

/** Defines the SQL functions that REPAIR_ROLES uses. */
export function defineRoleRepair(database: DatabaseSync): void {
  database.function("lowest_role_named", { deterministic: true }, lowestRoleNamed);
  database.function("shown_text", { deterministic: true }, shownText);
  database.function("random_id", randomId);
}

const IS_INVALID = "role is null or role not in ('owner', 'admin', 'member')";

/** Quoted if it looks like a role: then it differs only by a blank or an invisible character. */
function shownText(stored: unknown): string {
  const shown = printable(stored, MAX_SHOWN_CHARACTERS);
  return ROLES.some((role) => role === shown) ? printable(JSON.stringify(stored)) : shown;
}

/**
 * An event for each row of `rows` with an invalid role. `target` gives the id and name of its
 * target.
 */
function eventsOf(action: string, target: string, rows: string): string {
  return `
    insert into auditEvent (id, organizationId, at, actor, action, targetType, targetId, targetName, details, source)
      select random_id(), organizationId, cast(unixepoch('subsec') * 1000 as integer), 'migration', '${action}', 'person',
        ${target}, json_object('role', lowest_role_named(role), 'stored', shown_text(role)), 'migration'
      from ${rows} where ${IS_INVALID};`;
}

/**
 * Migration: sets every invalid role to one of the three, with an audit event that says what was
 * stored. Nobody is promoted. An organization that is left without an owner is named at the start
 * and in the list of people.
 */
export const REPAIR_ROLES = `
  alter table auditEvent add column actorId text;
  ${eventsOf("member.role_repaired", "user.id, user.email", "member join user on user.id = member.userId")}
  update member set role = lowest_role_named(role) where ${IS_INVALID};
  ${eventsOf("member.invitation_repaired", "email, email", "invitation")}
  update invitation set role = lowest_role_named(role) where ${IS_INVALID};
`;
