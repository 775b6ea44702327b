import { printable } from "../../../lib/printable.ts";
import { randomPassword } from "../../../lib/random-id.ts";
import type { Role } from "../../../protocol/roles.ts";
import { notFound } from "../../api-error.ts";
import { auditPerson, LOCAL_OPERATOR } from "../../audit/audit.ts";
import type { Organization } from "../../store/contract/organizations.ts";
import type { AccountReader, Person } from "../../store/contract/people.ts";
import type { Transactions } from "../../store/contract/store.ts";
import type { PeopleTransaction } from "./invitations.ts";
import { changeRole, joinOrganization } from "./members.ts";

/** What the local operator does to people, where nobody can do it on the page (any more). Each is one transaction. */

export interface AddedMember {
  readonly person: Person;
  readonly role: Role;
  /** False: they were a member before, and nothing changed. */
  readonly isChanged: boolean;
}

/**
 * Puts a person into an organization (`role` undefined: as a member), or gives a member the role
 * that is named: the way back to an organization without owners. A member without a named role
 * stays as they are.
 */
export function addMember(
  store: Transactions<PeopleTransaction>,
  organization: Organization,
  email: string,
  role: Role | undefined,
  at: number,
): Promise<AddedMember> {
  return store.transaction(async (transaction) => {
    const person = await requiredPerson(transaction.people, email);
    const change = { actor: LOCAL_OPERATOR, organization, person, at };
    const member = await transaction.people.memberOf(organization.id, person.id);
    if (member === undefined) {
      await joinOrganization(transaction, change, role ?? "member");
      return { person, role: role ?? "member", isChanged: true };
    }
    if (role === undefined || role === member.role) {
      return { person, role: member.role, isChanged: false };
    }
    await changeRole(transaction, change, role);
    return { person, role, isChanged: true };
  });
}

export interface PasswordReset {
  readonly user: Person;
  /** Shown once; only its hash is stored. */
  readonly password: string;
}

/** Gives a person a new password and ends all of their sessions. */
export async function resetPassword(
  store: Transactions<PeopleTransaction> & { readonly people: AccountReader },
  email: string,
  at: number,
): Promise<PasswordReset> {
  // Not at the top: executors alone need nothing of better-auth (serve-command.ts).
  const { hashPassword } = await import("../sign-in/password-hashing.ts");
  await requiredPerson(store.people, email);
  const password = randomPassword();
  const passwordHash = await hashPassword(password);
  return store.transaction(async (transaction) => {
    const user = await requiredPerson(transaction.people, email);
    await transaction.people.setPassword(user.id, passwordHash, at);
    for (const { organization } of await transaction.people.memberships(user.id)) {
      await auditPerson(transaction.audit, {
        actor: LOCAL_OPERATOR,
        action: "person.password_reset",
        organizationId: organization.id,
        target: { id: user.id, name: user.email },
        details: {},
        at,
      });
    }
    return { user, password };
  });
}

async function requiredPerson(accounts: AccountReader, email: string): Promise<Person> {
  const person = await accounts.byEmail(email);
  if (person !== undefined) {
    return person;
  }
  throw notFound(
    `nobody here has the address ${printable(email)}: see people list, or invite them on the page`,
  );
}
