/**
 * better-auth's endpoints that exist here, below /api/auth; every other one, and whatever a later version adds, is 404.
 */
export const AUTH_ROUTES: ReadonlyMap<string, "GET" | "POST"> = new Map([
  ["/sign-in/email", "POST"],
  ["/sign-out", "POST"],
  ["/get-session", "GET"],
  ["/change-password", "POST"],
  ["/organization/list", "GET"],
  ["/organization/set-active", "POST"],
  ["/organization/list-members", "GET"],
  ["/organization/get-full-organization", "GET"],
  ["/organization/get-invitation", "GET"],
  ["/organization/invite-member", "POST"],
  ["/organization/cancel-invitation", "POST"],
  ["/organization/accept-invitation", "POST"],
  ["/organization/remove-member", "POST"],
  ["/organization/update-member-role", "POST"],
]);

/** Those about the organization that a session is about; the others are about a person, or name what they are for. */
export const ORGANIZATION_ROUTES: ReadonlyMap<string, "change" | "look"> = new Map([
  ["/organization/list-members", "look"],
  ["/organization/get-full-organization", "look"],
  ["/organization/invite-member", "change"],
  ["/organization/cancel-invitation", "change"],
  ["/organization/remove-member", "change"],
  ["/organization/update-member-role", "change"],
]);
