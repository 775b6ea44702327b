/** Every action that the audit log records, in the order in which people look for them. */
export const AUDIT_ACTIONS = [
  "api_key.created",
  "api_key.updated",
  "api_key.revoked",
  "api_key.deleted",
  "executor.deleted",
  "node.created",
  "node.updated",
  "node.lifecycle_requested",
  "node.deleted",
  "node.closed_as_lost",
  "member.invited",
  "member.invitation_canceled",
  "member.joined",
  "member.role_changed",
  "member.removed",
  "member.left",
  // Roles that a migration found invalid and replaced.
  "member.role_repaired",
  "member.invitation_repaired",
  "person.renamed",
  "person.password_reset",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
