import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { decoded } from "../graphql/request/inputs.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { MemberActions } from "./members/member-actions.ts";
import type { OwnAccount } from "./own-account.ts";
import type { SessionActions } from "./session-actions.ts";
import * as inputs from "./sign-in/auth-inputs.ts";

export interface AuthActions {
  readonly sessions: SessionActions;
  readonly members: MemberActions;
  readonly account: OwnAccount;
}

export interface AuthRoute {
  readonly method: "GET" | "POST";
  /** The schema of the body, or of the query string for a GET. */
  readonly input: z.ZodType;
  /** Decodes `sent` and acts on it. Rejects with BAD_USER_INPUT if it does not fit the schema. */
  answer(actions: AuthActions, request: IncomingMessage, sent: unknown): Promise<HttpAnswer>;
}

/**
 * Every route under /api/auth. better-auth's other routes are 404, and so is what a later version
 * of it adds. The paths are better-auth's, except accept-as-new, which creates an account for the
 * address that was invited, those of one-time links, and those of the own account: better-auth's
 * list of sessions has their tokens, and ends them by token.
 */
export const AUTH_ROUTES: ReadonlyMap<string, AuthRoute> = new Map([
  ["/sign-in/email", route("POST", inputs.signIn, ({ sessions }, ...rest) => sessions.signIn(...rest))],
  ["/sign-out", route("POST", inputs.nothing, ({ sessions }, request) => sessions.signOut(request))],
  ["/get-session", route("GET", inputs.nothing, ({ sessions }, request) => sessions.getSession(request))],
  [
    "/change-password",
    route("POST", inputs.changePassword, ({ sessions }, ...rest) => sessions.changePassword(...rest)),
  ],
  ["/account/rename", route("POST", inputs.rename, ({ account }, ...rest) => account.rename(...rest))],
  [
    "/account/end-session",
    route("POST", inputs.endSession, ({ account }, ...rest) => account.endSession(...rest)),
  ],
  [
    "/account/end-other-sessions",
    route("POST", inputs.nothing, ({ account }, request) => account.endOtherSessions(request)),
  ],
  [
    "/invitation/accept-as-new",
    route("POST", inputs.acceptAsNew, ({ sessions }, ...rest) => sessions.acceptAsNew(...rest)),
  ],
  ["/one-time-link/set-up", route("POST", inputs.setUp, ({ sessions }, ...rest) => sessions.setUp(...rest))],
  [
    "/one-time-link/sign-in",
    route("POST", inputs.signInByLink, ({ sessions }, ...rest) => sessions.signInByLink(...rest)),
  ],
  [
    "/organization/set-active",
    route("POST", inputs.setActive, ({ members }, ...rest) => members.setActive(...rest)),
  ],
  [
    "/organization/invite-member",
    route("POST", inputs.inviteMember, ({ members }, ...rest) => members.invite(...rest)),
  ],
  [
    "/organization/cancel-invitation",
    route("POST", inputs.invitation, ({ members }, ...rest) => members.cancelInvitation(...rest)),
  ],
  [
    "/organization/accept-invitation",
    route("POST", inputs.invitation, ({ members }, ...rest) => members.acceptInvitation(...rest)),
  ],
  [
    "/organization/remove-member",
    route("POST", inputs.removeMember, ({ members }, ...rest) => members.remove(...rest)),
  ],
  ["/organization/leave", route("POST", inputs.nothing, ({ members }, request) => members.leave(request))],
  [
    "/organization/update-member-role",
    route("POST", inputs.updateMemberRole, ({ members }, ...rest) => members.changeRole(...rest)),
  ],
]);

function route<Schema extends z.ZodType>(
  method: AuthRoute["method"],
  input: Schema,
  act: (actions: AuthActions, request: IncomingMessage, given: z.output<Schema>) => Promise<HttpAnswer>,
): AuthRoute {
  // Malformed input is refused before `act` counts an attempt, reads the store or queues.
  return {
    method,
    input,
    answer: async (actions, request, sent) => act(actions, request, decoded(input, sent)),
  };
}
