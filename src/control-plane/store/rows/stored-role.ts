import { ROLES, type Role } from "../../../protocol/roles.ts";

/**
 * The role that a stored text grants: the lowest one it names, or member if it names none. An
 * earlier version let better-auth store whatever an admin had sent, such as "admin, owner".
 */
export function lowestRoleNamed(stored: unknown): Role {
  if (typeof stored !== "string") {
    return "member";
  }
  const names = stored.split(",").map((name) => name.trim());
  return ROLES.findLast((role) => names.includes(role)) ?? "member";
}
