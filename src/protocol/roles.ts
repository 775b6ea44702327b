/**
 * What a person may do in an organization: owners and admins change things, members look. Highest
 * first.
 */
export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];

/** Which roles each may give and take, to members and in invitations. */
const MAY_GIVE: Readonly<Record<Role, readonly Role[]>> = {
  owner: ["owner", "admin", "member"],
  admin: ["admin", "member"],
  member: [],
};

export function mayGive(own: Role, role: Role): boolean {
  return MAY_GIVE[own].includes(role);
}
