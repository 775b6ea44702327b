import type { AuditAction } from "../../protocol/audit-actions.ts";

/** What a person reads for an action. The filter in the URL has the action itself. */
export const ACTION_WORDS: Readonly<Record<AuditAction, string>> = {
  "api_key.created": "created key",
  "api_key.updated": "changed key",
  "api_key.revoked": "revoked key",
  "api_key.deleted": "deleted key",
  "executor.deleted": "deleted executor",
  "node.created": "created node",
  "node.updated": "changed node",
  "node.lifecycle_requested": "started or stopped node",
  "node.deleted": "deleted node",
  "node.closed_as_lost": "closed lost node",
  "member.invited": "invited member",
  "member.invitation_canceled": "cancelled invitation",
  "member.joined": "joined",
  "member.left": "left",
  "member.role_changed": "changed role",
  "member.removed": "removed member",
  "member.role_repaired": "repaired role",
  "member.invitation_repaired": "repaired invitation",
  "person.password_reset": "reset password",
  "person.renamed": "changed name",
};

const WORDS: ReadonlyMap<string, string> = new Map(Object.entries(ACTION_WORDS));

/**
 * The words for an action; a rotation is recorded as one of three others. An action of a newer
 * control plane keeps its name.
 */
export function actionWords(action: string, details: ReadonlyMap<string, unknown>): string {
  if (action === "api_key.created" && details.has("rotatedFrom")) {
    return "rotated key";
  }
  if (action === "api_key.updated" && details.has("rotatedTo")) {
    return "rotated key: the old one ends later";
  }
  if (action === "api_key.revoked" && details.has("rotatedTo")) {
    return "rotated key: the old one ended";
  }
  return WORDS.get(action) ?? action;
}
