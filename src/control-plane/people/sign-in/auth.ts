import { type BetterAuthOptions, betterAuth } from "better-auth";
import { ipAddress } from "../../../lib/addresses/ip-address.ts";
import { printable } from "../../../lib/printable.ts";
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS } from "../../../protocol/limits.ts";
import type { Logger } from "../../log/logger.ts";
import type { MembershipReader, PeopleWriter } from "../../store/contract/people.ts";
import type { Transactions } from "../../store/contract/store.ts";
import { notingStoreFailure } from "../../store/store-failure.ts";
import { cookieNames, isHttps } from "./cookies.ts";
import { hashPassword, verifyPassword } from "./password-hashing.ts";
import { sessionPlugin } from "./session-plugin.ts";

const SESSION_SECONDS = 7 * 86_400;
const SESSION_REFRESH_SECONDS = 86_400;
/** Of one person. A sign-in beyond them ends the oldest. */
const MAX_SESSIONS = 50;

export type AuthDatabase = NonNullable<BetterAuthOptions["database"]>;

export interface AuthDeps {
  readonly store: Transactions<{ readonly people: PeopleWriter }> & { readonly people: MembershipReader };
  /** Where better-auth keeps people and sessions: the tables that `store` has too. */
  readonly database: AuthDatabase;
  readonly logger: Logger;
  /** The origin in the browser's address bar, such as https://cp.example.com. */
  readonly origin: string;
  /** Signs the cookies. */
  readonly secret: string;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
}

/** The part of better-auth's new session that is read here. */
interface NewSession {
  readonly userId: string;
  readonly ipAddress?: string | null | undefined;
}

export type Auth = ReturnType<typeof createAuth>;

/**
 * Sets up better-auth, which owns passwords and sessions. Members and invitations are our own code.
 * Nobody can sign up without an invitation.
 */
export function createAuth({ store, database, logger, origin, secret, now }: AuthDeps) {
  /** A session begins in the organization that the person joined first. */
  async function beginSession<Session extends NewSession>(session: Session) {
    await store.transaction(async ({ people }) => {
      await people.deleteEndedSessions(now());
      await people.keepNewestSessions(session.userId, MAX_SESSIONS - 1);
    });
    const [first] = await store.people.memberships(session.userId);
    const address = ipAddress(session.ipAddress ?? "") ?? null;
    return {
      data: { ...session, ipAddress: address, activeOrganizationId: first?.organization.id ?? null },
    };
  }

  return betterAuth({
    appName: "novacula control plane",
    baseURL: origin,
    basePath: "/api/auth",
    secret,
    trustedOrigins: [origin],
    database,
    plugins: [sessionPlugin],
    telemetry: { enabled: false },
    // sign-in-limit.ts limits failures by account and network instead.
    rateLimit: { enabled: false },
    logger: authLogger(logger),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD_CHARACTERS,
      maxPasswordLength: MAX_PASSWORD_CHARACTERS,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    // With deferred refresh only a POST renews a session, and a GET writes nothing.
    session: {
      expiresIn: SESSION_SECONDS,
      updateAge: SESSION_REFRESH_SECONDS,
      deferSessionRefresh: true,
      additionalFields: { activeOrganizationId: { type: "string", required: false, input: false } },
    },
    advanced: {
      // better-auth's prefix for secure cookies would be __Secure-, which any host under the same
      // domain can set.
      useSecureCookies: false,
      cookiePrefix: cookieNames(origin).betterAuthPrefix,
      defaultCookieAttributes: { sameSite: "lax", httpOnly: true, path: "/", secure: isHttps(origin) },
      // auth-gateway.ts sets this header to the address that this program sees.
      ipAddress: { ipAddressHeaders: ["x-novacula-address"], ipv6Subnet: 128 },
    },
    databaseHooks: {
      session: { create: { before: (session) => notingStoreFailure(() => beginSession(session)) } },
    },
  });
}

/** Logs better-auth's own lines at debug, because some contain e-mail addresses; errors at warn. */
function authLogger(logger: Logger) {
  return {
    level: "debug" as const,
    log: (level: string, message: string) => {
      const detail = printable(message, 500);
      if (level === "error") {
        logger.warn({ event: "better-auth", detail }, `The library for sign-in reports: ${detail}`);
      } else {
        logger.debug({ event: "better-auth", detail }, `The library for sign-in says: ${detail}`);
      }
    },
  };
}
