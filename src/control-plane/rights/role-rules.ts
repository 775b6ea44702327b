import { mayGive, ROLES, type Role } from "../../protocol/roles.ts";
import { forbidden } from "../api-error.ts";

/**
 * FORBIDDEN where somebody of role `own` may not give or take `role`. `deed` names it: "remove an
 * owner".
 */
export function requireMayGive(own: Role, role: Role, deed: string): void {
  if (mayGive(own, role)) {
    return;
  }
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
