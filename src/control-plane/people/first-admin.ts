import { randomId } from "../../lib/random-id.ts";
import type { OrganizationWriter } from "../store/contract/organizations.ts";
import type { AccountReader, PeopleWriter } from "../store/contract/people.ts";
import type { Transactions } from "../store/contract/store.ts";
import { hashPassword } from "./sign-in/password-hashing.ts";

interface FirstStart {
  readonly admin: { readonly email: string; readonly password: string };
  readonly organizationName: string;
}

export interface FirstAdminTransaction {
  readonly people: PeopleWriter;
  readonly organizations: OrganizationWriter;
}

export interface FirstPerson {
  readonly name: string;
  readonly email: string;
  readonly passwordHash: string;
}

/** Creates the first person, and returns whether there was none. `now` is epoch ms. */
export async function ensureFirstAdmin(
  store: Transactions<FirstAdminTransaction> & { readonly people: AccountReader },
  { admin, organizationName }: FirstStart,
  now: number,
): Promise<boolean> {
  if (await store.people.any()) {
    return false;
  }
  const passwordHash = await hashPassword(admin.password);
  const { email } = admin;
  const name = email.split("@", 1)[0] ?? email;
  return store.transaction(async (transaction) => {
    if (await transaction.people.any()) {
      return false;
    }
    await createFirstPerson(transaction, { name, email, passwordHash }, organizationName, now);
    return true;
  });
}

/**
 * Creates a person who becomes the owner of every organization without members. If there is no
 * organization, one with the name `organizationName` is created first. The caller's transaction has
 * checked that nobody exists. `now` is epoch ms.
 */
export async function createFirstPerson(
  { people, organizations }: FirstAdminTransaction,
  { name, email, passwordHash }: FirstPerson,
  organizationName: string,
  now: number,
): Promise<void> {
  const id = randomId();
  await people.insert({ id, name, email, passwordHash, createdAt: now });
  await ensureOrganization(organizations, organizationName, now);
  for (const { id: organizationId } of await organizations.withoutMembers()) {
    await people.insertMember(organizationId, id, "owner", now);
  }
}

async function ensureOrganization(
  organizations: OrganizationWriter,
  name: string,
  now: number,
): Promise<void> {
  if ((await organizations.list(1)).length > 0) {
    return;
  }
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 48)
      .replace(/-$/, "") || "default";
  await organizations.insert({ id: randomId(), name, slug, createdAt: now });
}
