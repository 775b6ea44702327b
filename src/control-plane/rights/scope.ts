import { withSudo } from "../../lib/shell-word.ts";
import type { Role } from "../../protocol/roles.ts";
import { badInput, notFound } from "../api-error.ts";
import { type Actor, LOCAL_OPERATOR } from "../audit/audit.ts";
import { requiredOrganization } from "../organizations/organizations.ts";
import type { Organization, OrganizationReader } from "../store/contract/organizations.ts";
import type { Person } from "../store/contract/people.ts";
import { requireSession, type SignedIn } from "./signed-in.ts";

/**
 * What a caller can see: an operator all organizations, a person only the one that is active in the
 * session.
 */
export interface Scope {
  readonly actor: Actor;
  /** The caller's role in the organizations that they can see. */
  readonly role: Role;
  /**
   * The organization with the id or slug `reference`; without one, the active or only organization.
   * Undefined if a person cannot see it.
   */
  organization(reference: string | undefined): Promise<Organization | undefined>;
}

/**
 * All organizations. Rejects with NOT_FOUND for a wrong reference, since operators may know of all.
 */
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
          `there is no organization yet: create one with ${withSudo("novacula-control-plane org create NAME")}`,
        );
      }
      if (other === undefined) {
        return only;
      }
      throw badInput("there are several organizations: name one by id or slug");
    },
  };
}

/** Only the active organization. All others look as if they did not exist. */
export function personScope({ person, active, sessionId }: SignedIn): Scope {
  const organization = active?.organization;
  return {
    actor: personActor(person, organization?.id, sessionId),
    role: active?.role ?? "member",
    organization: async (reference) =>
      reference === undefined || reference === organization?.id || reference === organization?.slug
        ? organization
        : undefined,
  };
}

/** @param sessionId the session that has to last; undefined: the caller has checked that */
export function personActor(person: Person, organizationId?: string, sessionId?: string): Actor {
  const { id, name, email } = person;
  return {
    id,
    name: `${name} <${email}>`,
    source: "page",
    reaches: (other) => other === organizationId,
    async mayStillChange(reader, at) {
      if (sessionId !== undefined) {
        await requireSession(reader.people, { id: sessionId, person }, at);
      }
      const memberships = await reader.people.memberships(id);
      const role = memberships.find(({ organization }) => organization.id === organizationId)?.role;
      return role === "owner" || role === "admin";
    },
  };
}
