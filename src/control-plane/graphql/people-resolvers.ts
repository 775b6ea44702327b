import { printable } from "../../lib/printable.ts";
import { withSudo } from "../../lib/shell-word.ts";
import { conflict, notFound } from "../api-error.ts";
import { isOpen, visibleInvitations } from "../people/members/invitations.ts";
import { addMember, resetPassword } from "../people/members/people-changes.ts";
import type { Scope } from "../rights/scope.ts";
import type { SignedIn } from "../rights/signed-in.ts";
import type { AccountReader, Invitation } from "../store/contract/people.ts";
import * as inputs from "./request/inputs.ts";
import { decoded } from "./request/inputs.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";

/** Longer than those of browsers. */
const MAX_USER_AGENT = 300;

/** The fields for every visitor of the page, signed in or not. */
export function viewerResolvers(
  {
    store,
    presence,
    people,
    damages,
    now,
  }: Pick<ResolverDeps, "store" | "presence" | "people" | "damages" | "now">,
  signedIn: SignedIn | undefined,
): Resolvers {
  return {
    viewer: async () =>
      signedIn === undefined
        ? null
        : {
            user: signedIn.person,
            activeOrganization: signedIn.active?.organization ?? null,
            role: signedIn.active?.role ?? null,
            organizations: signedIn.memberships,
            heartbeatTimeoutMs: presence.timeout.timeoutMs,
            setKeyCommand: people?.setKeyCommand ?? null,
            sessions: () => ownSessions({ store, damages, now }, signedIn),
          },
    invitation: async (input) => {
      const invitation = await store.people.invitation(decoded(inputs.keyArguments, input).id);
      if (invitation === undefined || !isOpen(invitation, now())) {
        return null;
      }
      return invitationAnswer(invitation, store.people);
    },
  };
}

/** Without any token: nothing in an answer of this control plane signs somebody in. */
async function ownSessions(
  { store, damages, now }: Pick<ResolverDeps, "store" | "damages" | "now">,
  { person, sessionId }: SignedIn,
) {
  const sessions = await store.people.sessions(person.id, now());
  return sessions.map((session) => {
    damages.note("session", session.id, session);
    const userAgent = session.userAgent === null ? null : printable(session.userAgent, MAX_USER_AGENT);
    return { ...session, userAgent, isCurrent: session.id === sessionId };
  });
}

/** The fields about an organization's people, for its members. */
export function peopleResolvers({ store, damages, now }: ResolverDeps, scope: Scope): Resolvers {
  return {
    members: async (input) => {
      const found = await scope.organization(decoded(inputs.scopeArguments, input).organization);
      const members = found === undefined ? [] : await store.people.members(found.id);
      for (const member of members) {
        damages.note("member", member.id, member);
      }
      return members.map(({ person, ...member }) => ({ ...member, user: person }));
    },
    invitations: async (input) => {
      const found = await scope.organization(decoded(inputs.scopeArguments, input).organization);
      const invitations =
        found === undefined ? [] : await visibleInvitations(store.people, found.id, scope.role, now());
      // By address, because the id is the secret in the invitation's link.
      for (const invitation of invitations) {
        damages.note("invitation", invitation.email, invitation);
      }
      return invitations.map((invitation) => invitationAnswer(invitation, store.people));
    },
  };
}

/** What the local operator may see and do in all organizations. */
export function peopleManagement(deps: ResolverDeps, scope: Scope): Resolvers {
  const { store, damages, now } = deps;
  return {
    people: async () => {
      const people = await store.people.list();
      for (const person of people) {
        damages.note("user", person.id, person);
      }
      return people.map((person) => ({ ...person, memberships: () => store.people.memberships(person.id) }));
    },
    organizationsWithoutOwner: () => store.organizations.withoutOwner(),
    addMember: async (input) => {
      const { organization, email, role } = decoded(inputs.addMemberArguments, input);
      const found = await scope.organization(organization);
      if (found === undefined) {
        throw notFound(
          `there is no such organization: list them with ${withSudo("novacula-control-plane org list")}`,
        );
      }
      const { person, ...added } = await addMember(store, found, email, role, now());
      return { ...person, ...added };
    },
    createSetupLink: async () => linksOf(deps).issueSetUp(),
    createSignInLink: async (input) =>
      linksOf(deps).issueSignIn(decoded(inputs.signInLinkArguments, input).email),
    resetPassword: async (input) => resetPassword(store, decoded(inputs.emailArguments, input).email, now()),
  };
}

function linksOf({ people }: ResolverDeps) {
  if (people === undefined) {
    throw conflict(
      "nobody can sign in here: set BETTER_AUTH_URL to the address of the page, and restart the control plane",
    );
  }
  return people.links;
}

function invitationAnswer(invitation: Invitation, accounts: AccountReader) {
  const { id, organization, email, role, inviter, createdAt, expiresAt, damaged } = invitation;
  const hasAccount = async () => (await accounts.byEmail(email)) !== undefined;
  return { id, organization, email, role, inviter, createdAt, expiresAt, hasAccount, damaged };
}
