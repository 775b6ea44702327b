import { printable } from "../../lib/printable.ts";
import { randomId } from "../../lib/random-id.ts";
import { withSudo } from "../../lib/shell-word.ts";
import { badInput, conflict, notFound } from "../api-error.ts";
import type {
  Organization,
  OrganizationReader,
  OrganizationWriter,
} from "../store/contract/organizations.ts";
import type { Transactions } from "../store/contract/store.ts";
import { checkedName } from "./shown-name.ts";

export const MAX_ORGANIZATION_NAME_CHARACTERS = 100;
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/** Creates an organization. Rejects with CONFLICT if the slug is in use. */
export function createOrganization(
  store: Transactions<{ readonly organizations: OrganizationWriter }>,
  name: string,
  slug: string,
  now: number,
): Promise<Organization> {
  const organization = {
    id: randomId(),
    name: checkedName(name, "the name of an organization", MAX_ORGANIZATION_NAME_CHARACTERS),
    slug: checkedSlug(slug),
  };
  return store.transaction(async (transaction) => {
    const holder = await transaction.organizations.find(slug);
    if (holder !== undefined) {
      throw conflict(`the slug ${slug} already belongs to an organization: choose another slug`);
    }
    await transaction.organizations.insert({ ...organization, createdAt: now });
    return organization;
  });
}

/** The organization with this id or slug. Rejects with NOT_FOUND if there is none. */
export async function requiredOrganization(
  organizations: OrganizationReader,
  reference: string,
): Promise<Organization> {
  const organization = await organizations.find(reference);
  if (organization === undefined) {
    throw notFound(
      `there is no organization ${printable(reference)}: list them with ${withSudo("novacula-control-plane org list")}`,
    );
  }
  return organization;
}

/** The message about an organization that has members but no owner. */
export function withoutOwner(slug: string): string {
  return (
    `organization ${slug} has members but no owner: make a member its owner with ` +
    withSudo(`novacula-control-plane people add EMAIL --role owner --org ${slug}`)
  );
}

function checkedSlug(slug: string): string {
  if (SLUG.test(slug)) {
    return slug;
  }
  throw badInput("a slug has 1 to 48 characters of a-z, 0-9 and -, and neither begins nor ends with -");
}
