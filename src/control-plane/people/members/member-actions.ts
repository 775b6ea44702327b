import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { badInput, forbidden, notFound } from "../../api-error.ts";
import type { HttpAnswer } from "../../http/http-answer.ts";
import { requireShownOrganization } from "../../organizations/shown-organization.ts";
import { oneOf, requireMayGive } from "../../rights/role-rules.ts";
import { personActor } from "../../rights/scope.ts";
import { requireSession } from "../../rights/signed-in.ts";
import type { Organization, OrganizationReader } from "../../store/contract/organizations.ts";
import type { Member, MembershipReader } from "../../store/contract/people.ts";
import type { Transactions } from "../../store/contract/store.ts";
import type { AuthGateway, Session } from "../sign-in/auth-gateway.ts";
import type * as inputs from "../sign-in/auth-inputs.ts";
import {
  cancelInvitation,
  type Inviter,
  invite,
  join,
  openInvitation,
  type PeopleTransaction,
} from "./invitations.ts";
import { changeRole, type MemberChange, removeMember } from "./members.ts";

interface MemberTransaction extends PeopleTransaction {
  readonly organizations: OrganizationReader;
}

export interface MemberActionsDeps {
  readonly gateway: AuthGateway;
  readonly store: Transactions<MemberTransaction>;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
}

/** The member who acts, and the session's organization, read in the transaction that acts. */
interface Acting {
  readonly own: Member;
  readonly organization: Organization;
  readonly sessionId: string;
  readonly at: number;
}

/**
 * Changes to an organization's members. Each one checks the rights, changes and writes the audit
 * event in one transaction.
 */
export class MemberActions {
  private readonly deps: MemberActionsDeps;

  constructor(deps: MemberActionsDeps) {
    this.deps = deps;
  }

  async setActive(
    request: IncomingMessage,
    { organizationId }: z.output<typeof inputs.setActive>,
  ): Promise<HttpAnswer> {
    const { gateway, store, now } = this.deps;
    const session = await gateway.session(request);
    return store.transaction(async ({ people }) => {
      await requireSession(people, session, now());
      if ((await people.memberOf(organizationId, session.person.id)) === undefined) {
        throw notYours();
      }
      await people.setActiveOrganization(session.id, organizationId);
      return done({ id: organizationId });
    });
  }

  invite(
    request: IncomingMessage,
    { email, role }: z.output<typeof inputs.inviteMember>,
  ): Promise<HttpAnswer> {
    return this.act(request, async (transaction, acting) => {
      const id = await invite(transaction, inviterOf(acting), email, role);
      return done({ id, email, role });
    });
  }

  cancelInvitation(
    request: IncomingMessage,
    { invitationId }: z.output<typeof inputs.invitation>,
  ): Promise<HttpAnswer> {
    return this.act(request, async (transaction, acting) => {
      await cancelInvitation(transaction, inviterOf(acting), invitationId);
      return done({ id: invitationId });
    });
  }

  async acceptInvitation(
    request: IncomingMessage,
    { invitationId }: z.output<typeof inputs.invitation>,
  ): Promise<HttpAnswer> {
    const session = await this.deps.gateway.session(request);
    const { id, person } = session;
    const at = this.deps.now();
    return this.deps.store.transaction(async (transaction) => {
      await requireSession(transaction.people, session, at);
      const invitation = await openInvitation(transaction.people, invitationId, at);
      if (invitation.email !== person.email.toLowerCase()) {
        throw forbidden(
          "operation_not_allowed",
          "this invitation is for another e-mail address: sign in with that one",
        );
      }
      await join(transaction, invitation, person, at);
      await transaction.people.setActiveOrganization(id, invitation.organization.id);
      return done({ organizationId: invitation.organization.id, role: invitation.role });
    });
  }

  remove(
    request: IncomingMessage,
    { memberIdOrEmail }: z.output<typeof inputs.removeMember>,
  ): Promise<HttpAnswer> {
    return this.act(request, async (transaction, acting) => {
      const member = await memberNamed(transaction.people, acting, memberIdOrEmail);
      requireMayGive(acting.own.role, member.role, `remove ${oneOf(member.role)}`);
      await removeMember(transaction, changeOf(acting, member), member.role);
      return done({ id: member.id });
    });
  }

  /** The person leaves the organization themselves, whatever their role; its last owner cannot. */
  leave(request: IncomingMessage): Promise<HttpAnswer> {
    return this.act(request, async (transaction, acting) => {
      const { own, organization, sessionId } = acting;
      await removeMember(transaction, changeOf(acting, own), own.role);
      const [next] = await transaction.people.memberships(own.person.id);
      if (next !== undefined) {
        await transaction.people.setActiveOrganization(sessionId, next.organization.id);
      }
      return done({ id: organization.id });
    });
  }

  changeRole(
    request: IncomingMessage,
    { memberId, role }: z.output<typeof inputs.updateMemberRole>,
  ): Promise<HttpAnswer> {
    return this.act(request, async (transaction, acting) => {
      const member = await memberNamed(transaction.people, acting, memberId);
      requireMayGive(acting.own.role, member.role, `change the role of ${oneOf(member.role)}`);
      requireMayGive(acting.own.role, role, `make somebody ${oneOf(role)}`);
      if (member.role !== role) {
        await changeRole(transaction, changeOf(acting, member), role);
      }
      return done({ id: member.id, role });
    });
  }

  private async act(
    request: IncomingMessage,
    work: (transaction: MemberTransaction, acting: Acting) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const session = await this.deps.gateway.session(request);
    const at = this.deps.now();
    return this.deps.store.transaction(async (transaction) => {
      await requireSession(transaction.people, session, at);
      const place = await placeOf(transaction, session);
      // Another tab may have switched the organization since the page was drawn.
      requireShownOrganization(request.headers, { ...place, role: place.own.role }, "change");
      return work(transaction, { ...place, at });
    });
  }
}

/** Reads membership and role again: they may have changed since the request arrived. */
async function placeOf(
  transaction: MemberTransaction,
  { id, person, activeOrganizationId }: Session,
): Promise<Omit<Acting, "at">> {
  if (activeOrganizationId === undefined) {
    throw badInput("no organization is chosen: choose one first");
  }
  const own = await transaction.people.memberOf(activeOrganizationId, person.id);
  const organization = await transaction.organizations.find(activeOrganizationId);
  if (own === undefined || organization === undefined) {
    throw notYours();
  }
  return { own, organization, sessionId: id };
}

async function memberNamed(
  people: MembershipReader,
  { organization }: Acting,
  reference: string,
): Promise<Member> {
  const member = reference.includes("@")
    ? await people.memberByEmail(organization.id, reference)
    : await people.memberById(organization.id, reference);
  if (member === undefined) {
    throw notFound("this organization has no such member: reload the page");
  }
  return member;
}

function inviterOf({ own, organization, at }: Acting): Inviter {
  const { person, role } = own;
  return { actor: personActor(person, organization.id), person, role, organizationId: organization.id, at };
}

function changeOf({ own, organization, at }: Acting, { person }: Member): MemberChange {
  return { actor: personActor(own.person, organization.id), organization, person, at };
}

function notYours() {
  return forbidden("operation_not_allowed", "you are not a member of this organization: reload the page");
}

function done(body: object): HttpAnswer {
  return { status: 200, body };
}
