import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../../lib/clock.ts";
import type { ErrorDisclosure } from "../http/error-disclosure.ts";
import type { Logger } from "../log/logger.ts";
import type { SignedIn } from "../rights/signed-in.ts";
import type { MembershipReader } from "../store/contract/people.ts";
import type { Store } from "../store/contract/store.ts";
import { AuthEndpoint } from "./auth-endpoint.ts";
import { InvitedPeople } from "./members/invited-people.ts";
import { MemberActions } from "./members/member-actions.ts";
import { OneTimeLinks } from "./one-time-links.ts";
import { OwnAccount } from "./own-account.ts";
import { SessionActions } from "./session-actions.ts";
import { type AuthDatabase, createAuth } from "./sign-in/auth.ts";
import { AuthGateway, type Session } from "./sign-in/auth-gateway.ts";
import { cookieNames } from "./sign-in/cookies.ts";
import { DeviceCookie } from "./sign-in/device-cookie.ts";
import { KeyedFailures } from "./sign-in/keyed-failures.ts";
import { MemoryFailures } from "./sign-in/memory-failures.ts";
import { Passwords } from "./sign-in/passwords.ts";
import { SignInLimit } from "./sign-in/sign-in-limit.ts";

export interface PeopleDeps {
  readonly store: Store;
  readonly authDatabase: AuthDatabase;
  readonly logger: Logger;
  readonly errors: ErrorDisclosure;
  /** The origin in the browser's address bar, such as https://cp.example.com. */
  readonly origin: string;
  readonly secret: string;
  /** Of the organization that is made with the first account, if there is none. `Default`. */
  readonly organizationName?: string;
  /** In `serve --dev` alone: how to give a key to the agent beside it. Links may sign in then. */
  readonly setKeyCommand?: string | undefined;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
  /** Monotonic milliseconds, for intervals. Default: the system's clock. */
  readonly monotonicNow?: () => number;
}

/** What the rest of the control plane needs of people: who sent a request, and /api/auth. */
export interface People {
  readonly origin: string;
  /** Issues one-time links. */
  readonly links: OneTimeLinks;
  /** As in PeopleDeps. */
  readonly setKeyCommand: string | undefined;
  /**
   * The person whose session cookie the request carries; undefined if there is no valid session.
   * Renews the session with a cookie on `response` if that is due. Rejects with `StoreUnavailable`,
   * and with an ApiError if the cookie was sent twice.
   */
  signedIn(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined>;
  /** Answers every request to /api/auth/*; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createPeople(deps: PeopleDeps): People {
  const { store, authDatabase, logger, errors, origin, secret, now } = deps;
  const { organizationName = "Default", setKeyCommand } = deps;
  const allowsSignIn = setKeyCommand !== undefined;
  const auth = createAuth({ store, database: authDatabase, logger, origin, secret, now });
  const names = cookieNames(origin);
  const gateway = new AuthGateway(auth, origin, names);
  const links = new OneTimeLinks({ store, origin, organizationName, allowsSignIn, now });
  const sessions = {
    gateway,
    passwords: new Passwords(store, gateway, now),
    logger,
    ...limits(deps),
    links,
    invitedPeople: new InvitedPeople(store, now),
    devices: new DeviceCookie({ store, names, origin, now }),
  };
  const actions = {
    sessions: new SessionActions(sessions),
    members: new MemberActions({ gateway, store, now }),
    account: new OwnAccount({ gateway, store, now }),
  };
  const endpoint = new AuthEndpoint({ origin, actions, errors });
  return {
    origin,
    links,
    setKeyCommand,
    async signedIn(request, response) {
      const { session, cookies } = await gateway.renewedSession(request);
      if (cookies.length > 0) {
        response.setHeader("Set-Cookie", cookies);
      }
      return session === undefined ? undefined : signedInOf(session, store.people);
    },
    handle: (request, response) => endpoint.handle(request, response),
  };
}

/**
 * Four limits, because each remembers a bounded number of failures: many with invitation links,
 * which cost nothing, must not make the limit of sign-ins forget the accounts that it blocks. Only
 * passwords can be guessed, so only their failures are counted by all control planes together.
 */
function limits({ store, secret, monotonicNow = systemClock.now }: PeopleDeps) {
  const here = () => new SignInLimit(new MemoryFailures(monotonicNow));
  const shared = (name: string) =>
    store.signInFailures === undefined
      ? here()
      : new SignInLimit(new KeyedFailures(store.signInFailures, name, secret));
  return {
    signIns: shared("sign-in"),
    passwordChanges: shared("password change"),
    acceptances: here(),
    linkUses: here(),
  };
}

async function signedInOf(
  { id, person, activeOrganizationId }: Session,
  members: MembershipReader,
): Promise<SignedIn> {
  const memberships = await members.memberships(person.id);
  const active = memberships.find(({ organization }) => organization.id === activeOrganizationId);
  return { person, sessionId: id, active, memberships };
}
