import * as z from "zod/mini";
import { ROLES, type Role } from "../../protocol/roles.ts";
import type { Operation } from "./answer.ts";
import { anything, auth } from "./auth-operation.ts";
import { shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const role = z.enum(ROLES);
const user = z.object({ id: z.string(), name: shownText, email: shownText });
const member = z.object({ id: z.string(), user, role });
const pending = z.object({ id: z.string(), email: shownText, role, expiresAt: timestamp });

export type Member = z.output<typeof member>;

/** An invitation that nobody has accepted yet. */
export type PendingInvitation = z.output<typeof pending>;

const MEMBERS = "members { id user { id name email } role }";
const INVITATIONS = "invitations { id email role expiresAt }";

const members = z.array(member);
const everybody = z.object({ members, invitations: z.array(pending) });

/** The active organization's members, and its pending invitations. */
type People = z.output<typeof everybody>;

export function askPeople(): Operation<People> {
  return graphql(`query People { ${MEMBERS} ${INVITATIONS} }`, {}, everybody);
}

/** For members, who may not see invitations: there are none in the answer. */
export function askMembers(): Operation<People> {
  const schema = z.pipe(
    field("members", members),
    z.transform((found) => ({ members: found, invitations: [] })),
  );
  return graphql(`query Members { ${MEMBERS} }`, {}, schema);
}

export function removeMember(memberId: string): Operation<unknown> {
  return auth("/organization/remove-member", { memberIdOrEmail: memberId }, anything);
}

export function updateMemberRole(memberId: string, newRole: Role): Operation<unknown> {
  return auth("/organization/update-member-role", { memberId, role: newRole }, anything);
}
