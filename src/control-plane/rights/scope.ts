import type { Role } from "../../protocol/roles.ts";
import { badInput, notFound } from "../api-error.ts";
import { type Actor, LOCAL_OPERATOR } from "../audit/audit.ts";
import { requiredOrganization } from "../organizations/organizations.ts";
import type { Organization, OrganizationReader } from "../store/contract/organizations.ts";
import type { Person } from "../store/contract/people.ts";
import type { SignedIn } from "./signed-in.ts";

/** What exists for a caller: everything over the management socket, the active organization for a person. */
export interface Scope {
  readonly actor: Actor;
  /** What the caller counts as in the organizations that exist for them. */
  readonly role: Role;
  /** The organization that a list is about, by id or slug; undefined where there is none for this caller. */
  organization(reference: string | undefined): Promise<Organization | undefined>;
}

/** Every organization; a mistaken reference is said, since nobody has to be kept from knowing. */
export function operatorScope(organizations: OrganizationReader): Scope {
  return {
    actor: LOCAL_OPERATOR,
    role: "owner",
    async organization(reference) {
      if (reference !== undefined) {
        return requiredOrganization(organizations, reference);
      }
      const [only, other] = await organizations.list(2);
      if (only === undefined) {
        throw notFound(
          "there is no organization yet: create one with novacula-control-plane org create NAME",
        );
      }
      if (other === undefined) {
        return only;
      }
      throw badInput("there are several organizations: name one, by id or slug");
    },
  };
}

/** The active organization alone; all others are as if they were not there. */
export function personScope({ person, active }: SignedIn): Scope {
  const organization = active?.organization;
  return {
    actor: personActor(person, organization?.id),
    role: active?.role ?? "member",
    organization: async (reference) =>
      reference === undefined || reference === organization?.id || reference === organization?.slug
        ? organization
        : undefined,
  };
}

export function personActor({ id, name, email }: Person, organizationId?: string): Actor {
  return {
    id,
    name: `${name} <${email}>`,
    source: "page",
    reaches: (other) => other === organizationId,
    async mayStillChange(reader) {
      const memberships = await reader.people.memberships(id);
      const role = memberships.find(({ organization }) => organization.id === organizationId)?.role;
      return role === "owner" || role === "admin";
    },
  };
}
