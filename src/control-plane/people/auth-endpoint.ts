import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import * as z from "zod";
import { ApiError, badInput } from "../api-error.ts";
import { clientAddress } from "../client-address.ts";
import { errorAnswer, type HttpAnswer, send, sendAndClose } from "../http-answer.ts";
import { networkOf } from "../ip-address.ts";
import type { Person } from "../people-store.ts";
import { readBody } from "../request-body.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { requireShownOrganization } from "../shown-organization.ts";
import type { Store } from "../store.ts";
import { watchingStore } from "../store-failure.ts";
import type { Auth } from "./auth.ts";
import { authHeaders } from "./auth-request.ts";
import { AUTH_ROUTES, ORGANIZATION_ROUTES } from "./auth-routes.ts";
import type { InvitedPeople } from "./invited-people.ts";
import { auditChange, isAudited } from "./people-audit.ts";
import { sessionOf } from "./session.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

export const AUTH_PATH = "/api/auth";
/** Ours: an account for the address that an invitation was made for. */
export const ACCEPT_AS_NEW_PATH = "/invitation/accept-as-new";

export interface AuthEndpointDeps {
  readonly auth: Auth;
  readonly origin: string;
  readonly logger: Logger;
  readonly store: Store;
  readonly now: () => number;
  readonly limit: SignInLimit;
  readonly invitedPeople: InvitedPeople;
  /** The answer to an error that is nobody's mistake. */
  readonly answerTo: (error: unknown) => ApiError;
}

const body = z.record(z.string(), z.unknown());
type Body = z.output<typeof body>;

/** /api/auth/*: what better-auth does for the page, and nothing else of it. */
export class AuthEndpoint {
  private readonly deps: AuthEndpointDeps;

  constructor(deps: AuthEndpointDeps) {
    this.deps = deps;
  }

  /** Answers the request, always; no error leaves here. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?", 1)[0]?.slice(AUTH_PATH.length) ?? "";
    const method = path === ACCEPT_AS_NEW_PATH ? "POST" : AUTH_ROUTES.get(path);
    if (method === undefined) return send(response, failure(404, "NOT_FOUND", "there is nothing here"));
    if (request.method !== method) {
      return send(response, {
        ...failure(405, "METHOD_NOT_ALLOWED", `${method} it`),
        headers: { Allow: method },
      });
    }
    try {
      const answer =
        method === "GET" ? await this.pass(request, path) : await this.post(request, response, path);
      if (answer !== undefined) send(response, answer);
    } catch (error) {
      send(response, authError(error instanceof ApiError ? error : this.deps.answerTo(error)));
    }
  }

  private async post(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<HttpAnswer | undefined> {
    requireSameOrigin(request.headers, this.deps.origin);
    if (!/^application\/json(?:\s*;|$)/i.test(request.headers["content-type"] ?? "")) {
      sendAndClose(request, response, failure(415, "UNSUPPORTED_MEDIA_TYPE", "send JSON"));
      return undefined;
    }
    const read = await readBody(request);
    if (read.kind === "incomplete") return undefined;
    if (read.kind === "too-large") {
      sendAndClose(request, response, failure(413, "REQUEST_ENTITY_TOO_LARGE", "the body is too large"));
      return undefined;
    }
    return this.change(request, path, parsed(read.bytes));
  }

  private change(request: IncomingMessage, path: string, sent: Body): Promise<HttpAnswer> {
    switch (path) {
      case ACCEPT_AS_NEW_PATH:
        return this.acceptAsNew(request, sent);
      case "/sign-in/email":
        return this.limited(request, String(sent["email"] ?? ""), () =>
          // No callbackURL: nobody is sent anywhere. rememberMe as it is.
          this.pass(request, path, { email: sent["email"], password: sent["password"] }),
        );
      case "/change-password":
        return this.limited(request, `change-password ${request.headers.cookie ?? ""}`, () =>
          // Whoever has a session of this person that is not theirs loses it.
          this.pass(request, path, { ...sent, revokeOtherSessions: true }),
        );
      default:
        return isAudited(path) ? this.audited(request, path, sent) : this.pass(request, path, sent);
    }
  }

  private async audited(request: IncomingMessage, path: string, sent: Body): Promise<HttpAnswer> {
    const { store, now } = this.deps;
    // Before the change: it may end the session's place in the organization.
    const actor = await this.signedIn(request);
    const answer = await this.pass(request, path, sent);
    if (answer.status < 400 && actor !== undefined) await auditChange(store, path, actor, answer.body, now());
    return answer;
  }

  private async signedIn(request: IncomingMessage): Promise<Person | undefined> {
    const headers = authHeaders(request.headers, undefined);
    const query = { disableRefresh: true };
    const session = await watchingStore(() => this.deps.auth.api.getSession({ headers, query }));
    return session?.user;
  }

  /** Makes the account, then signs in with it as anybody does. */
  private acceptAsNew(request: IncomingMessage, sent: Body): Promise<HttpAnswer> {
    return this.limited(request, "invitation", async () => {
      const { email, password } = await this.deps.invitedPeople.accept(sent);
      return this.pass(request, "/sign-in/email", { email, password });
    });
  }

  private async limited(
    request: IncomingMessage,
    account: string,
    work: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const address = clientAddress(request) ?? "";
    const { limit, logger } = this.deps;
    const attempt = limit.begin(account, networkOf(address));
    if (attempt.kind === "limited") {
      const { retryAfterSeconds } = attempt;
      logger.debug({ event: "sign-in.limited", address, retryAfterSeconds }, "too many attempts: not tried");
      return {
        ...failure(
          429,
          "TOO_MANY_REQUESTS",
          `too many attempts: try again in ${Math.ceil(retryAfterSeconds / 60)} minutes`,
        ),
        headers: { "Retry-After": String(retryAfterSeconds) },
      };
    }
    const answer = await work();
    if (answer.status < 400) attempt.succeeded();
    // The limit bounds these lines, too. Not who: people type passwords into the field above.
    else
      logger.warn(
        { event: "sign-in.refused", address, status: answer.status },
        "a password or link was refused",
      );
    return answer;
  }

  /** What the page shows is what is changed: the organization is named to better-auth, which would read the session again. */
  private async forShownOrganization(request: IncomingMessage, path: string, sent: Body | undefined) {
    const purpose = ORGANIZATION_ROUTES.get(path);
    if (purpose === undefined) return sent;
    const { auth, store } = this.deps;
    const { signedIn } = await sessionOf(request, auth, store);
    requireShownOrganization(request.headers, signedIn?.active, purpose);
    const organizationId = signedIn?.active?.organization.id;
    return sent === undefined || organizationId === undefined ? sent : { ...sent, organizationId };
  }

  private async pass(request: IncomingMessage, path: string, body?: Body): Promise<HttpAnswer> {
    const { auth, origin } = this.deps;
    const sent = await this.forShownOrganization(request, path, body);
    const search = (request.url ?? "").split("?").slice(1).join("?");
    if ((sent !== undefined && SLUG in sent) || new URLSearchParams(search).has(SLUG)) {
      throw badInput("name the organization by its id: organizationId");
    }
    const url = `${origin}${AUTH_PATH}${path}${sent === undefined && search !== "" ? `?${search}` : ""}`;
    const headers = authHeaders(request.headers, clientAddress(request));
    const init = sent === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(sent) };
    const answer = await watchingStore(() => auth.handler(new Request(url, init)));
    return this.answer(request, path, answer);
  }

  private async answer(request: IncomingMessage, path: string, answer: Response): Promise<HttpAnswer> {
    const text = await answer.text();
    const cookies = answer.headers.getSetCookie();
    const shown = withoutToken(text === "" ? null : JSON.parse(text));
    return {
      status: answer.status,
      ...(cookies.length === 0 ? {} : { headers: { "Set-Cookie": cookies } }),
      body: path === "/organization/get-full-organization" ? await this.withoutLinks(request, shown) : shown,
    };
  }

  /** The id of an invitation is its link: whoever may not invite must not accept somebody else's. */
  private async withoutLinks(request: IncomingMessage, shown: unknown): Promise<unknown> {
    const organization = z
      .looseObject({ id: z.string(), invitations: z.array(z.unknown()) })
      .safeParse(shown);
    if (!organization.success) return shown;
    const person = await this.signedIn(request);
    const memberships = person === undefined ? [] : await this.deps.store.people.memberships(person.id);
    const role = memberships.find((membership) => membership.organization.id === organization.data.id)?.role;
    return role === "owner" || role === "admin" ? shown : { ...organization.data, invitations: [] };
  }
}

/** better-auth answers otherwise about another's slug than about none; an id cannot be guessed. */
const SLUG = "organizationSlug";

function parsed(bytes: Buffer): Body {
  try {
    return body.parse(JSON.parse(bytes.toString("utf8")));
  } catch {
    throw badInput("the body is not a JSON object");
  }
}

/** A session's token stays in its HttpOnly cookie. */
function withoutToken(shown: unknown): unknown {
  const object = body.safeParse(shown);
  if (!object.success) return shown;
  const { token: _, ...rest } = object.data;
  return "session" in rest ? { ...rest, session: withoutToken(rest["session"]) } : rest;
}

/** Errors here have better-auth's shape: `code` and `message`. */
function authError(error: ApiError): HttpAnswer {
  const { status, headers } = errorAnswer(error, "application/graphql-response+json");
  return {
    ...failure(status === 200 ? 400 : status, error.code, error.message),
    ...(headers === undefined ? {} : { headers }),
  };
}

function failure(status: number, code: string, message: string): HttpAnswer {
  return { status, body: { code, message } };
}
