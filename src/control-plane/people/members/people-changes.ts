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

/** The local operator's changes to people, for when nobody can make them on the page. */

interface AddedMember {
  readonly person: Person;
  readonly role: Role;
  /** False if they already had this role and nothing changed. */
  readonly isChanged: boolean;
}

/**
 * Adds a person to an organization, with the role member by default, or changes a member's role to
 * `role`. Without `role` a member keeps theirs. This is how an organization without owners gets one
 * again.
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

interface PasswordReset {
  readonly user: Person;
  /** Shown once. The store has only its hash. */
  readonly password: string;
}

/** Gives a person a new password and ends all of their sessions. */
export async function resetPassword(
  store: Transactions<PeopleTransaction> & { readonly people: AccountReader },
  email: string,
  at: number,
): Promise<PasswordReset> {
  // Imported here, so that a control plane without sign-in never loads better-auth.
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
    `nobody has an account with the address ${printable(email)}: run people list, or invite them on the page`,
  );
}
