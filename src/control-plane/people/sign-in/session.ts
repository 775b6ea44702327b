import type { IncomingMessage } from "node:http";
import type { SignedIn } from "../../rights/signed-in.ts";
import type { MembershipReader } from "../../store/contract/people.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";
import { watchingStore } from "../../store/store-failure.ts";
import type { Auth } from "./auth.ts";
import { authHeaders } from "./auth-request.ts";
import { type CookieNames, ownCookies } from "./cookies.ts";

/**
 * Who the request's cookie is for, and what renews it; read anew each time. Rejects with
 * `StoreUnavailable`, and with an ApiError where a cookie comes twice.
 */
export async function sessionOf(
  request: IncomingMessage,
  auth: Auth,
  members: MembershipReader,
  names: CookieNames,
): Promise<{ readonly signedIn: SignedIn | undefined; readonly cookies: readonly string[] }> {
  if (ownCookies(request.headers, names).session === undefined) {
    return { signedIn: undefined, cookies: [] };
  }
  const found = await renewedSession(auth, authHeaders(request, names));
  const cookies = found.headers.getSetCookie();
  if (found.response === null) {
    return { signedIn: undefined, cookies };
  }
  const { user, session } = found.response;
  const memberships = await members.memberships(user.id);
  const active = memberships.find(({ organization }) => organization.id === session.activeOrganizationId);
  const person = { id: user.id, name: user.name, email: user.email };
  return { signedIn: { person, active, memberships }, cookies };
}

/**
 * Where the database takes no write, a session goes on as it is: people can look at what they
 * cannot change.
 */
async function renewedSession(auth: Auth, headers: Headers) {
  try {
    return await watchingStore(() => auth.api.getSession({ method: "POST", headers, returnHeaders: true }));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) {
      throw error;
    }
    const query = { disableRefresh: true };
    return watchingStore(() => auth.api.getSession({ headers, query, returnHeaders: true }));
  }
}
