import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { ApiError } from "../api-error.ts";
import { clientAddress } from "../client-address.ts";
import type { SignedIn } from "../signed-in.ts";
import { type Store, StoreUnavailable } from "../store.ts";
import { watchingStore } from "../store-failure.ts";
import { type Auth, createAuth } from "./auth.ts";
import { AuthEndpoint } from "./auth-endpoint.ts";
import { authHeaders } from "./auth-request.ts";
import { InvitedPeople } from "./invited-people.ts";
import { SignInLimit } from "./sign-in-limit.ts";

export interface PeopleDeps {
  readonly store: Store;
  readonly logger: Logger;
  /** As the browser's address bar shows it: https://cp.example.com */
  readonly origin: string;
  readonly secret: string;
  readonly now: () => number;
}

/** People, as the rest of the control plane sees them. */
export interface People {
  readonly origin: string;
  /**
   * Who the cookie is for; undefined where it is nobody's, or not any more. Renews a session that is in use, on
   * `response`. Rejects with `StoreUnavailable`.
   */
  signedIn(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined>;
  /** /api/auth/*; `answerTo`: what is said of an error that is nobody's mistake. Answers always. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    answerTo: (error: unknown) => ApiError,
  ): Promise<void>;
}

export function createPeople({ store, logger, origin, secret, now }: PeopleDeps): People {
  const auth = createAuth({ store, logger, origin, secret, now });
  const limit = new SignInLimit(now);
  const invitedPeople = new InvitedPeople(store, now);
  return {
    origin,
    async signedIn(request, response) {
      if (request.headers.cookie === undefined) return undefined;
      const headers = authHeaders(request.headers, clientAddress(request));
      const found = await renewedSession(auth, headers);
      const cookies = found.headers.getSetCookie();
      if (cookies.length > 0) response.setHeader("Set-Cookie", cookies);
      if (found.response === null) return undefined;
      const { user, session } = found.response;
      const memberships = await store.people.memberships(user.id);
      const active = memberships.find(({ organization }) => organization.id === session.activeOrganizationId);
      return { person: { id: user.id, name: user.name, email: user.email }, active, memberships };
    },
    handle: (request, response, answerTo) =>
      new AuthEndpoint({ auth, origin, logger, store, now, limit, invitedPeople, answerTo }).handle(
        request,
        response,
      ),
  };
}

/** Where the database takes no write, a session goes on as it is: people can look at what they cannot change. */
async function renewedSession(auth: Auth, headers: Headers) {
  try {
    return await watchingStore(() => auth.api.getSession({ headers, returnHeaders: true }));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const query = { disableRefresh: true };
    return watchingStore(() => auth.api.getSession({ headers, query, returnHeaders: true }));
  }
}
