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
