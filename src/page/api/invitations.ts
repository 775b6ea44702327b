import * as z from "zod/mini";
import { ROLES, type Role } from "../../protocol/roles.ts";
import type { Operation } from "./answer.ts";
import { anything, auth } from "./auth-operation.ts";
import { shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const invitation = z.object({
  id: z.string(),
  organization: z.object({ name: shownText }),
  email: shownText,
  role: z.enum(ROLES),
  inviter: z.object({ name: shownText, email: shownText }),
  expiresAt: timestamp,
  /** Whether its address has an account. */
  hasAccount: z.boolean(),
});

/** What the holder of an invitation's link sees. */
export type Invitation = z.output<typeof invitation>;

/** Null: it cannot be accepted (any more). */
export function askInvitation(id: string): Operation<Invitation | null> {
  const document = `query Invitation($id: ID!) {
    invitation(id: $id) { id organization { name } email role inviter { name email } expiresAt hasAccount }
  }`;
  return graphql(document, { id }, field("invitation", z.nullable(invitation)));
}

export function inviteMember(email: string, role: Role): Operation<{ id: string }> {
  return auth("/organization/invite-member", { email, role }, z.object({ id: z.string() }));
}

export function cancelInvitation(invitationId: string): Operation<unknown> {
  return auth("/organization/cancel-invitation", { invitationId }, anything);
}

/** Joins the organization as the person who is signed in. */
export function acceptInvitation(invitationId: string): Operation<unknown> {
  return auth("/organization/accept-invitation", { invitationId }, anything);
}

/** For an address without an account: creates it, signs in and joins. */
export function acceptWithNewAccount(
  invitationId: string,
  name: string,
  password: string,
): Operation<unknown> {
  return auth("/invitation/accept-as-new", { invitationId, name, password }, anything);
}
