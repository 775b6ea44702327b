import { printable } from "../lib/printable.ts";
import { notFound } from "./api-error.ts";
import { auditPerson, LOCAL_OPERATOR } from "./audit.ts";
import type { Person, Role } from "./people-store.ts";
import { randomPassword } from "./random-id.ts";
import type { Store, StoreReader } from "./store.ts";

/** What the local operator does to people, where nobody can do it on the page (any more). Each is one transaction. */

/** Puts a person into an organization, or gives them another role in it: the way back to an organization without owners. */
export function addMember(
  store: Store,
  organizationId: string,
  email: string,
  role: Role,
  at: number,
): Promise<Person> {
  return store.transaction(async (transaction) => {
    const person = await requiredPerson(transaction, email);
    const memberships = await transaction.people.memberships(person.id);
    const isMember = memberships.some(({ organization }) => organization.id === organizationId);
    if (isMember) await transaction.people.changeRole(organizationId, person.id, role);
    else await transaction.people.insertMember(organizationId, person.id, role, at);
    await auditPerson(transaction, {
      actor: LOCAL_OPERATOR,
      action: isMember ? "member.role_changed" : "member.joined",
      organizationId,
      target: { id: person.id, name: person.email },
      details: { role },
      at,
    });
    return person;
  });
}

export interface PasswordReset {
  readonly user: Person;
  /** Shown once; only its hash is stored. */
  readonly password: string;
}

/** Gives a person a new password and ends all of their sessions. */
export async function resetPassword(store: Store, email: string, at: number): Promise<PasswordReset> {
  // Not at the top: executors alone need nothing of better-auth (serve-command.ts).
  const { hashPassword } = await import("./people/password-hashing.ts");
  await requiredPerson(store, email);
  const password = randomPassword();
  const passwordHash = await hashPassword(password);
  return store.transaction(async (transaction) => {
    const user = await requiredPerson(transaction, email);
    await transaction.people.setPassword(user.id, passwordHash, at);
    for (const { organization } of await transaction.people.memberships(user.id)) {
      await auditPerson(transaction, {
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

async function requiredPerson(reader: StoreReader, email: string): Promise<Person> {
  const person = await reader.people.personByEmail(email);
  if (person !== undefined) return person;
  throw notFound(
    `nobody here has the address ${printable(email)}: see people list, or invite them on the page`,
  );
}
