/**
 * The roles in an organization, highest first. Owners and admins make changes; members only look.
 */
export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];

/** The roles that each role may give to and take from members, and use in invitations. */
const MAY_GIVE: Readonly<Record<Role, readonly Role[]>> = {
  owner: ["owner", "admin", "member"],
  admin: ["admin", "member"],
  member: [],
};

/** Whether a person with the role `own` may give or take away `role`. */
export function mayGive(own: Role, role: Role): boolean {
  return MAY_GIVE[own].includes(role);
}
