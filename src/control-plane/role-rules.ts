import { forbidden } from "./api-error.ts";
import { ROLES, type Role } from "./people-store.ts";

/** The role table (B9): which roles each may give and take, to members and in invitations. */
const MAY_GIVE: Readonly<Record<Role, readonly Role[]>> = {
  owner: ["owner", "admin", "member"],
  admin: ["admin", "member"],
  member: [],
};

export function mayGive(own: Role, role: Role): boolean {
  return MAY_GIVE[own].includes(role);
}

/** FORBIDDEN where somebody of role `own` may not give or take `role`. `deed` names it: "remove an owner". */
export function requireMayGive(own: Role, role: Role, deed: string): void {
  if (mayGive(own, role)) return;
  const others = ROLES.filter((one) => mayGive(one, role)).map((one) => `${one}s`);
  throw forbidden(
    "operation_not_allowed",
    `you may not ${deed}: ${others.join(" and ")} of the organization may; ask one of them`,
  );
}

/** "an owner" */
export function oneOf(role: Role): string {
  return role === "member" ? "a member" : `an ${role}`;
}
