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
/** For each organization. */
const MAX_OPEN_INVITATIONS = 1000;
const MAX_MEMBERS = 1000;

/** What a change to the people of an organization needs of its transaction. */
export interface PeopleTransaction {
  readonly people: PeopleWriter;
  readonly audit: AuditWriter;
}

/** The member who changes an organization's invitations; `at` is epoch ms. */
export interface Inviter {
  readonly actor: Actor;
  readonly person: Person;
  readonly role: Role;
  readonly organizationId: string;
  readonly at: number;
}

/** Whether the invitation can be accepted. Its inviter must still be allowed to give the role. */
export function isOpen({ status, expiresAt, inviterRole, role }: Invitation, now: number): boolean {
  return status === "pending" && expiresAt > now && inviterRole !== undefined && mayGive(inviterRole, role);
}

/**
 * The organization's open invitations that a member with the role `own` may see. An invitation's id
 * is its link, so members see only those whose role they may give.
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

/** Rejects with NOT_FOUND if the invitation cannot be accepted. */
export async function openInvitation(
  invitations: InvitationReader,
  id: string,
  now: number,
): Promise<Invitation> {
  const invitation = await invitations.invitation(id);
  if (invitation !== undefined && isOpen(invitation, now)) {
    return invitation;
  }
  throw notFound("this invitation is no longer valid: ask for a new one");
}

/** Invites the address, and cancels its earlier invitations. Resolves to the invitation's id. */
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
    throw conflict(`${printable(email)} is already a member: change their role in the list of members`);
  }
  const pending = await transaction.people.pendingInvitations(organizationId, at);
  const earlier = pending.filter((one) => one.email === email);
  for (const invitation of earlier) {
    await cancel(transaction, inviter, invitation);
  }
  if (pending.length - earlier.length >= MAX_OPEN_INVITATIONS) {
    throw conflict(
      `the organization has ${MAX_OPEN_INVITATIONS} open invitations, the maximum: ` +
        "cancel those that are no longer needed",
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

/** Rejects with CONFLICT if the invitation was accepted, cancelled or has expired. */
export async function cancelInvitation(
  transaction: PeopleTransaction,
  inviter: Inviter,
  id: string,
): Promise<void> {
  const invitation = await transaction.people.invitation(id);
  if (invitation === undefined || invitation.organization.id !== inviter.organizationId) {
    throw notFound("this organization has no such invitation: reload the page");
  }
  if (invitation.status !== "pending") {
    throw conflict(endedSentence(invitation));
  }
  if (invitation.expiresAt <= inviter.at) {
    throw conflict("this invitation has expired: there is nothing to cancel");
  }
  await cancel(transaction, inviter, invitation);
}

/**
 * Cancels the person's invitations that they may no longer make with their new `role`. `undefined`
 * means that they are no longer a member.
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

/** Makes the invited person a member, and marks the invitation as accepted. */
export async function join(
  transaction: PeopleTransaction,
  invitation: Invitation,
  person: Person,
  at: number,
): Promise<void> {
  const { id, role, organization } = invitation;
  if ((await transaction.people.memberOf(organization.id, person.id)) !== undefined) {
    throw conflict(`you are already in ${printable(organization.name)}: choose it on the page`);
  }
  if ((await transaction.people.countMembers(organization.id)) >= MAX_MEMBERS) {
    throw conflict(
      `${printable(organization.name)} has ${MAX_MEMBERS} members, the maximum: ask an admin to remove one`,
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
  // Everybody may cancel an invitation that nobody can accept.
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
    return `${printable(email)} has accepted this invitation: remove the member instead`;
  }
  return "this invitation was already cancelled";
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
