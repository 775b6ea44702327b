import { printable } from "../../lib/printable.ts";
import { randomId } from "../../lib/random-id.ts";
import type { Logger } from "../log/logger.ts";
import { SettingsError } from "../settings/settings.ts";
import type { OrganizationWriter } from "../store/contract/organizations.ts";
import type { AccountReader, PeopleWriter } from "../store/contract/people.ts";
import type { Transactions } from "../store/contract/store.ts";
import { hashPassword } from "./sign-in/password-hashing.ts";

interface FirstStart {
  /** The first person, if the settings name one. */
  readonly admin: { readonly email: string; readonly password: string } | undefined;
  readonly organizationName: string;
}

interface FirstAdminTransaction {
  readonly people: PeopleWriter;
  readonly organizations: OrganizationWriter;
}

/**
 * Creates the first person if there is none. They become the owner of every organization without
 * members; if there is no organization, one with the name `organizationName` is created. Rejects
 * with a SettingsError if a first person is needed and `admin` is undefined. `now` is epoch ms.
 */
export async function ensureFirstAdmin(
  store: Transactions<FirstAdminTransaction> & { readonly people: AccountReader },
  { admin, organizationName }: FirstStart,
  logger: Logger,
  now: number,
): Promise<void> {
  if (await store.people.any()) {
    return;
  }
  if (admin === undefined) {
    throw new SettingsError(
      "no account exists yet, so nobody can sign in: " +
        "set INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD for the first start",
    );
  }
  const passwordHash = await hashPassword(admin.password);
  await store.transaction(async (transaction) => {
    if (await transaction.people.any()) {
      return;
    }
    const id = randomId();
    const { email } = admin;
    const name = email.split("@", 1)[0] ?? email;
    await transaction.people.insert({ id, name, email, passwordHash, createdAt: now });
    await ensureOrganization(transaction.organizations, organizationName, now);
    for (const { id: organizationId } of await transaction.organizations.withoutMembers()) {
      await transaction.people.insertMember(organizationId, id, "owner", now);
    }
  });
  logger.info(
    { event: "people.first-admin", email: printable(admin.email) },
    `${printable(admin.email)} can sign in, as the first owner. INITIAL_ADMIN_PASSWORD is no longer needed: remove it.`,
  );
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
