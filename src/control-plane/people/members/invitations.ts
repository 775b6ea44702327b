import { printable } from "../../../lib/printable.ts";
import { randomId } from "../../../lib/random-id.ts";
import { mayGive, type Role } from "../../../protocol/roles.ts";
import { conflict, notFound } from "../../api-error.ts";
import { type Actor, auditPerson, type PeopleAction } from "../../audit/audit.ts";
import { oneOf, requireMayGive } from "../../rights/role-rules.ts";
import { personActor } from "../../rights/scope.ts";
import type { AuditWriter } from "../../store/contract/audit.ts";
import type { Invitation, InvitationReader, PeopleWriter, Person } from "../../store/contract/people.ts";

const VALID_MS = 7 * 86_400_000;
/** Of one organization. */
const MAX_OPEN_INVITATIONS = 1000;
const MAX_MEMBERS = 1000;

/** What a change to the people of an organization needs of its transaction. */
export interface PeopleTransaction {
  readonly people: PeopleWriter;
  readonly audit: AuditWriter;
}

/** Who changes invitations of an organization, as what, when. */
export interface Inviter {
  readonly actor: Actor;
  readonly person: Person;
  readonly role: Role;
  readonly organizationId: string;
  readonly at: number;
}

/** Whether it can be accepted: the person who made it must still be allowed to. */
export function isOpen({ status, expiresAt, inviterRole, role }: Invitation, now: number): boolean {
  return status === "pending" && expiresAt > now && inviterRole !== undefined && mayGive(inviterRole, role);
}

/**
 * Those of the organization that somebody with the role `own` may see: an invitation's id is its
 * link.
 */
export async function visibleInvitations(
  invitations: InvitationReader,
  organizationId: string,
  own: Role,
  now: number,
): Promise<readonly Invitation[]> {
  const pending = await invitations.pendingInvitations(organizationId, now);
  return pending.filter((invitation) => isOpen(invitation, now) && mayGive(own, invitation.role));
}

/** The invitation, or NOT_FOUND where it cannot be accepted. */
export async function openInvitation(
  invitations: InvitationReader,
  id: string,
  now: number,
): Promise<Invitation> {
  const invitation = await invitations.invitation(id);
  if (invitation !== undefined && isOpen(invitation, now)) {
    return invitation;
  }
  throw notFound("this invitation cannot be accepted any more: ask for a new one");
}

/**
 * Invites the address; an open invitation of the same address ends. Resolves to the new one's id.
 */
export async function invite(
  transaction: PeopleTransaction,
  inviter: Inviter,
  email: string,
  role: Role,
): Promise<string> {
  const { person, organizationId, at } = inviter;
  requireMayGive(inviter.role, role, `invite ${oneOf(role)}`);
  const isMember = (await transaction.people.memberByEmail(organizationId, email)) !== undefined;
  if (isMember) {
    throw conflict(`${printable(email)} is a member already: change their role in the list of members`);
  }
  const pending = await transaction.people.pendingInvitations(organizationId, at);
  const earlier = pending.filter((one) => one.email === email);
  for (const invitation of earlier) {
    await cancel(transaction, inviter, invitation);
  }
  if (pending.length - earlier.length >= MAX_OPEN_INVITATIONS) {
    throw conflict(
      `there are ${MAX_OPEN_INVITATIONS} open invitations already: cancel those that nobody needs any more`,
    );
  }
  const id = randomId();
  const expiresAt = at + VALID_MS;
  await transaction.people.insertInvitation({
    id,
    organizationId,
    email,
    role,
    inviterId: person.id,
    expiresAt,
    createdAt: at,
  });
  await audit(transaction, inviter, "member.invited", { email, role });
  return id;
}

/**
 * Ends an invitation by its id; one that is used, cancelled or too old is a conflict that says so.
 */
export async function cancelInvitation(
  transaction: PeopleTransaction,
  inviter: Inviter,
  id: string,
): Promise<void> {
  const invitation = await transaction.people.invitation(id);
  if (invitation === undefined || invitation.organization.id !== inviter.organizationId) {
    throw notFound("there is no such invitation in this organization: reload the page");
  }
  if (invitation.status !== "pending") {
    throw conflict(endedSentence(invitation));
  }
  if (invitation.expiresAt <= inviter.at) {
    throw conflict("this invitation has expired: nobody can accept it any more");
  }
  await cancel(transaction, inviter, invitation);
}

/**
 * Ends the invitations that a member made and with `role` (undefined: as none) may not make any
 * more.
 */
export async function cancelInvitationsOf(
  transaction: PeopleTransaction,
  change: {
    readonly actor: Actor;
    readonly organization: { readonly id: string };
    readonly person: Person;
    readonly at: number;
  },
  role: Role | undefined,
): Promise<void> {
  const { actor, organization, person, at } = change;
  for (const invitation of await transaction.people.pendingInvitations(organization.id, at)) {
    if (invitation.inviter.id !== person.id || (role !== undefined && mayGive(role, invitation.role))) {
      continue;
    }
    await end(transaction, { actor, organizationId: organization.id, at }, invitation);
  }
}

/** Puts the person whom the invitation is for into its organization, and uses it up. */
export async function join(
  transaction: PeopleTransaction,
  invitation: Invitation,
  person: Person,
  at: number,
): Promise<void> {
  const { id, role, organization } = invitation;
  if ((await transaction.people.memberOf(organization.id, person.id)) !== undefined) {
    throw conflict(`you are in ${printable(organization.name)} already: choose it on the page`);
  }
  if ((await transaction.people.countMembers(organization.id)) >= MAX_MEMBERS) {
    throw conflict(
      `${printable(organization.name)} has ${MAX_MEMBERS} members, which is the most: ask for one to be removed`,
    );
  }
  await transaction.people.endInvitation(id, "accepted");
  await transaction.people.insertMember(organization.id, person.id, role, at);
  const by = { actor: personActor(person), organizationId: organization.id, at };
  await audit(transaction, by, "member.joined", invitation);
}

async function cancel(
  transaction: PeopleTransaction,
  inviter: Inviter,
  invitation: Invitation,
): Promise<void> {
  // One that nobody can accept is nobody's to keep.
  if (isOpen(invitation, inviter.at)) {
    requireMayGive(inviter.role, invitation.role, `cancel the invitation of ${oneOf(invitation.role)}`);
  }
  await end(transaction, inviter, invitation);
}

async function end(
  transaction: PeopleTransaction,
  by: Pick<Inviter, "actor" | "organizationId" | "at">,
  invitation: Invitation,
): Promise<void> {
  await transaction.people.endInvitation(invitation.id, "canceled");
  await audit(transaction, by, "member.invitation_canceled", invitation);
}

function endedSentence({ status, email }: Invitation): string {
  if (status === "accepted") {
    return `the invitation of ${printable(email)} was accepted: remove them from the members instead`;
  }
  return "this invitation was cancelled already";
}

async function audit(
  transaction: PeopleTransaction,
  { actor, organizationId, at }: Pick<Inviter, "actor" | "organizationId" | "at">,
  action: PeopleAction,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<void> {
  await auditPerson(transaction.audit, {
    actor,
    action,
    organizationId,
    target: { id: email, name: email },
    details: { role },
    at,
  });
}
