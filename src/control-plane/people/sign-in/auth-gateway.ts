import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { clientAddress } from "../../http/client-address.ts";
import type { HttpAnswer } from "../../http/http-answer.ts";
import { notSignedIn } from "../../rights/signed-in.ts";
import type { Person } from "../../store/contract/people.ts";
import { StoreUnavailable } from "../../store/contract/store.ts";
import { watchingStore } from "../../store/store-failure.ts";
import type { Auth } from "./auth.ts";
import { type CookieNames, ownCookies } from "./cookies.ts";

export const AUTH_PATH = "/api/auth";

/** What the routes need to know of a person's session. */
export interface Session {
  readonly id: string;
  readonly person: Person;
  readonly activeOrganizationId: string | undefined;
}

interface FoundSession {
  readonly session: Session | undefined;
  /** Set-Cookie headers: they renew the cookie, or delete that of an ended session. */
  readonly cookies: readonly string[];
}

type AuthSession = Awaited<ReturnType<Auth["api"]["getSession"]>>;

/** The only way to better-auth, which gets decoded bodies and only the headers that it needs. */
export class AuthGateway {
  private readonly auth: Auth;
  private readonly origin: string;
  private readonly names: CookieNames;

  constructor(auth: Auth, origin: string, names: CookieNames) {
    this.auth = auth;
    this.origin = origin;
    this.names = names;
  }

  /** Passes no query string: the one GET route has none. */
  get(request: IncomingMessage, path: string): Promise<HttpAnswer> {
    return this.pass(path, { headers: authHeaders(request, this.names) });
  }

  post(request: IncomingMessage, path: string, body: object): Promise<HttpAnswer> {
    return this.pass(path, {
      method: "POST",
      headers: authHeaders(request, this.names),
      body: JSON.stringify(body),
    });
  }

  /** Begins a session of the person, without a password. */
  async begin(request: IncomingMessage, personId: string): Promise<HttpAnswer> {
    const { headers, response } = await watchingStore(() =>
      this.auth.api.beginSession({
        body: { personId },
        headers: authHeaders(request, this.names),
        returnHeaders: true,
      }),
    );
    if (response === null) {
      throw notSignedIn();
    }
    return { status: 200, headers: { "Set-Cookie": headers.getSetCookie() }, body: response };
  }

  /** The request's session, not renewed. Rejects with UNAUTHENTICATED if there is none. */
  async session(request: IncomingMessage): Promise<Session> {
    const { session } = await this.readSession(authHeaders(request, this.names));
    if (session === undefined) {
      throw notSignedIn();
    }
    return session;
  }

  /**
   * The request's session if it has one, renewed if that is due. While the database refuses writes
   * the session stays as it is: people can still look at what they cannot change.
   */
  async renewedSession(request: IncomingMessage): Promise<FoundSession> {
    const headers = authHeaders(request, this.names);
    if (!headers.has("cookie")) {
      return { session: undefined, cookies: [] };
    }
    try {
      return foundSession(
        await watchingStore(() => this.auth.api.getSession({ method: "POST", headers, returnHeaders: true })),
      );
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) {
        throw error;
      }
      return this.readSession(headers);
    }
  }

  private async readSession(headers: Headers): Promise<FoundSession> {
    const query = { disableRefresh: true };
    return foundSession(
      await watchingStore(() => this.auth.api.getSession({ headers, query, returnHeaders: true })),
    );
  }

  private async pass(path: string, init: RequestInit): Promise<HttpAnswer> {
    const url = `${this.origin}${AUTH_PATH}${path}`;
    const answer = await watchingStore(() => this.auth.handler(new Request(url, init)));
    const text = await answer.text();
    const cookies = answer.headers.getSetCookie();
    return {
      status: answer.status,
      ...(cookies.length === 0 ? {} : { headers: { "Set-Cookie": cookies } }),
      body: withoutToken(text === "" ? null : JSON.parse(text)),
    };
  }
}

/**
 * The headers that better-auth gets: the few that it needs, the session cookie and no other, and
 * the client's address as this program sees it. Throws an ApiError if one of our cookies was sent
 * twice.
 */
function authHeaders(request: IncomingMessage, names: CookieNames): Headers {
  const passed = new Headers();
  for (const name of ["content-type", "origin", "user-agent", "accept"] as const) {
    const value = request.headers[name];
    if (value !== undefined) {
      passed.set(name, value);
    }
  }
  const { session } = ownCookies(request.headers, names);
  if (session !== undefined) {
    passed.set("cookie", `${names.session}=${session}`);
  }
  const address = clientAddress(request);
  if (address !== undefined) {
    passed.set("x-novacula-address", address);
  }
  return passed;
}

function foundSession(answer: { readonly headers: Headers; readonly response: AuthSession }): FoundSession {
  const cookies = answer.headers.getSetCookie();
  if (answer.response === null) {
    return { session: undefined, cookies };
  }
  const { user, session } = answer.response;
  return {
    session: {
      id: session.id,
      person: { id: user.id, name: user.name, email: user.email },
      activeOrganizationId: session.activeOrganizationId ?? undefined,
    },
    cookies,
  };
}

const object = z.record(z.string(), z.unknown());

/** The session's token must stay in its HttpOnly cookie, so bodies never carry it. */
function withoutToken(shown: unknown): unknown {
  const found = object.safeParse(shown);
  if (!found.success) {
    return shown;
  }
  const { token: _, ...rest } = found.data;
  return "session" in rest ? { ...rest, session: withoutToken(rest["session"]) } : rest;
}
