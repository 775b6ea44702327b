import * as z from "zod/mini";
import { ROLES } from "../../protocol/roles.ts";
import type { Answer } from "./answer.ts";
import { shownText, timestamp } from "./decode.ts";
import { askGraphql } from "./graphql-operation.ts";

const role = z.enum(ROLES);
const user = z.object({ id: z.string(), name: shownText, email: shownText });
const member = z.object({ id: z.string(), user, role });
const pending = z.object({ id: z.string(), email: shownText, role, expiresAt: timestamp });
const people = z.object({ members: z.array(member), invitations: z.array(pending) });

export type Member = z.output<typeof member>;
export type PendingInvitation = z.output<typeof pending>;

/** The members of the active organization; to admins also who has a link and has not come yet. */
export type People = z.output<typeof people>;

const MEMBERS = "members { id user { id name email } role }";
const INVITATIONS = "invitations { id email role expiresAt }";

export function askPeople(signal: AbortSignal): Promise<Answer<People>> {
  return askGraphql(`query People { ${MEMBERS} ${INVITATIONS} }`, {}, people, signal);
}

/** What a member may see of them. */
export async function askMembers(signal: AbortSignal): Promise<Answer<People>> {
  const schema = z.object({ members: z.array(member) });
  const answer = await askGraphql(`query Members { ${MEMBERS} }`, {}, schema, signal);
  return answer.kind === "data" ? { kind: "data", data: { ...answer.data, invitations: [] } } : answer;
}

const invitation = z.object({
  id: z.string(),
  organization: z.object({ name: shownText }),
  email: shownText,
  role,
  inviter: user,
  expiresAt: timestamp,
  hasAccount: z.boolean(),
});

/** What the holder of a link is invited to. */
export type Invitation = z.output<typeof invitation>;

/** Null: it cannot be accepted any more, or never could. */
export async function askInvitation(id: string, signal: AbortSignal): Promise<Answer<Invitation | null>> {
  const document = `query Invitation($id: ID!) {
    invitation(id: $id) {
      id organization { name } email role inviter { id name email } expiresAt hasAccount
    }
  }`;
  const schema = z.object({ invitation: z.nullable(invitation) });
  const answer = await askGraphql(document, { id }, schema, signal);
  return answer.kind === "data" ? { kind: "data", data: answer.data.invitation } : answer;
}
