import { printable } from "../../../lib/printable.ts";
import type { Role } from "../../../protocol/roles.ts";
import { conflict } from "../../api-error.ts";
import { type Actor, auditPerson, type PeopleAction } from "../../audit/audit.ts";
import type { Organization } from "../../store/contract/organizations.ts";
import type { MembershipReader, Person } from "../../store/contract/people.ts";
import { cancelInvitationsOf, type PeopleTransaction } from "./invitations.ts";

/**
 * A change to one person's membership; `at` is epoch ms. The functions below run in the caller's
 * transaction, which has checked the actor's rights, and write the audit event. They reject with
 * CONFLICT if the organization would lose its last owner, and cancel the invitations that the
 * person may no longer make.
 */
export interface MemberChange {
  readonly actor: Actor;
  readonly organization: Organization;
  readonly person: Person;
  readonly at: number;
}

export async function joinOrganization(
  transaction: PeopleTransaction,
  change: MemberChange,
  role: Role,
): Promise<void> {
  const { organization, person, at } = change;
  await transaction.people.insertMember(organization.id, person.id, role, at);
  await audit(transaction, change, "member.joined", role);
}

export async function changeRole(
  transaction: PeopleTransaction,
  change: MemberChange,
  role: Role,
): Promise<void> {
  const { organization, person } = change;
  if (role !== "owner") {
    await requireOtherOwner(transaction.people, change);
  }
  await transaction.people.changeRole(organization.id, person.id, role);
  await audit(transaction, change, "member.role_changed", role);
  await cancelInvitationsOf(transaction, change, role);
}

export async function removeMember(
  transaction: PeopleTransaction,
  change: MemberChange,
  role: Role,
): Promise<void> {
  const { organization, person } = change;
  await requireOtherOwner(transaction.people, change);
  await transaction.people.deleteMember(organization.id, person.id);
  // Nobody but the person themselves leaves.
  const isOwn = change.actor.id === person.id;
  await audit(transaction, change, isOwn ? "member.left" : "member.removed", role);
  await cancelInvitationsOf(transaction, change, undefined);
}

async function requireOtherOwner(
  members: MembershipReader,
  { organization, person }: MemberChange,
): Promise<void> {
  const owners = await members.ownerIds(organization.id);
  if (owners.length !== 1 || owners[0] !== person.id) {
    return;
  }
  throw conflict(
    `${printable(person.email)} is the only owner of ${printable(organization.name)}: ` +
      "make somebody else an owner first",
  );
}

async function audit(
  transaction: PeopleTransaction,
  { actor, organization, person, at }: MemberChange,
  action: PeopleAction,
  role: Role,
): Promise<void> {
  const target = { id: person.id, name: person.email };
  await auditPerson(transaction.audit, {
    actor,
    action,
    organizationId: organization.id,
    target,
    details: { role },
    at,
  });
}
