import { mayGive, ROLES, type Role } from "../../protocol/roles.ts";
import { forbidden } from "../api-error.ts";

/**
 * Throws FORBIDDEN if a person with the role `own` may not give or take away `role`. `deed` is what
 * they tried, such as "remove an owner".
 */
export function requireMayGive(own: Role, role: Role, deed: string): void {
  if (mayGive(own, role)) {
    return;
  }
  const others = ROLES.filter((one) => mayGive(one, role)).map((one) => `${one}s`);
  throw forbidden(
    "operation_not_allowed",
    `you may not ${deed}: only ${others.join(" and ")} of the organization may; ask one of them`,
  );
}

/** The role with its article: "an owner". */
export function oneOf(role: Role): string {
  return role === "member" ? "a member" : `an ${role}`;
}
