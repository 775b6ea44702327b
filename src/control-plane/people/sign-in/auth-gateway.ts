import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { ApiError, ApiErrorCode } from "../../api-error.ts";
import type { HttpAnswer } from "../../http/http-answer.ts";
import type { Person } from "../../store/contract/people.ts";
import { watchingStore } from "../../store/store-failure.ts";
import type { Auth } from "./auth.ts";
import { authHeaders } from "./auth-request.ts";
import type { CookieNames } from "./cookies.ts";

export const AUTH_PATH = "/api/auth";

/** A person's session, as far as the routes have to know it. */
export interface Session {
  readonly id: string;
  readonly person: Person;
  readonly activeOrganizationId: string | undefined;
}

/**
 * The only way to better-auth's routes: it gets the headers that matter to it, and a body that was
 * decoded.
 */
export class AuthGateway {
  private readonly auth: Auth;
  private readonly origin: string;
  private readonly names: CookieNames;

  constructor(auth: Auth, origin: string, names: CookieNames) {
    this.auth = auth;
    this.origin = origin;
    this.names = names;
  }

  /** Without its query string: it is empty here. */
  get(request: IncomingMessage, path: string): Promise<HttpAnswer> {
    return this.pass(path, { headers: this.headers(request) });
  }

  post(request: IncomingMessage, path: string, body: object): Promise<HttpAnswer> {
    return this.pass(path, { method: "POST", headers: this.headers(request), body: JSON.stringify(body) });
  }

  /** Whose session the request comes with, or UNAUTHENTICATED. */
  async session(request: IncomingMessage): Promise<Session> {
    const headers = this.headers(request);
    const query = { disableRefresh: true };
    const found = await watchingStore(() => this.auth.api.getSession({ headers, query }));
    if (found === null) {
      throw new ApiError(ApiErrorCode.unauthenticated, "you are not signed in, or not any more: sign in");
    }
    const { user, session } = found;
    return {
      id: session.id,
      person: { id: user.id, name: user.name, email: user.email },
      activeOrganizationId: session.activeOrganizationId ?? undefined,
    };
  }

  private headers(request: IncomingMessage): Headers {
    return authHeaders(request, this.names);
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

const object = z.record(z.string(), z.unknown());

/** A session's token stays in its HttpOnly cookie. */
function withoutToken(shown: unknown): unknown {
  const found = object.safeParse(shown);
  if (!found.success) {
    return shown;
  }
  const { token: _, ...rest } = found.data;
  return "session" in rest ? { ...rest, session: withoutToken(rest["session"]) } : rest;
}
