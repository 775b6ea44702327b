import * as z from "zod/mini";
import { ROLES } from "../../protocol/roles.ts";
import type { Operation } from "./answer.ts";
import { anything, auth } from "./auth-operation.ts";
import { shownText } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const organization = z.object({ id: z.string(), name: shownText, slug: z.string() });
export type Organization = z.output<typeof organization>;

const role = z.enum(ROLES);

const viewer = z.object({
  user: z.object({ id: z.string(), name: shownText, email: shownText }),
  activeOrganization: z.nullable(organization),
  role: z.nullable(role),
  organizations: z.array(z.object({ organization, role })),
  heartbeatTimeoutMs: z.number(),
  /** In development: how to give the agent a key. */
  setKeyCommand: z.nullable(shownText),
});

/** Who is signed in, and their role in the active organization. */
export type Viewer = z.output<typeof viewer>;

const VIEWER = `query Viewer {
  viewer {
    user { id name email }
    activeOrganization { id name slug }
    role
    organizations { organization { id name slug } role }
    heartbeatTimeoutMs
    setKeyCommand
  }
}`;

/** Null: nobody is signed in. */
export function askViewer(): Operation<Viewer | null> {
  return graphql(VIEWER, {}, field("viewer", z.nullable(viewer)));
}

export function signIn(email: string, password: string): Operation<unknown> {
  return auth("/sign-in/email", { email, password }, anything);
}

export function signOut(): Operation<unknown> {
  return auth("/sign-out", {}, anything);
}

/** For this session, in all of its tabs. */
export function setActiveOrganization(organizationId: string): Operation<unknown> {
  return auth("/organization/set-active", { organizationId }, anything);
}

/** Ends the person's other sessions. */
export function changePassword(currentPassword: string, newPassword: string): Operation<unknown> {
  const body = { currentPassword, newPassword, revokeOtherSessions: true };
  return auth("/change-password", body, anything);
}
