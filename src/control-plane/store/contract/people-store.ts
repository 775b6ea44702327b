import type { Role } from "../../../protocol/roles.ts";
import type { Damageable } from "./damage.ts";

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** One person's place in one organization. */
export interface Membership {
  readonly organization: Organization;
  readonly role: Role;
}

export interface Member extends Damageable {
  readonly id: string;
  readonly person: Person;
  readonly role: Role;
  readonly createdAt: number;
}

export interface Invitation extends Damageable {
  readonly id: string;
  readonly organization: Organization;
  readonly email: string;
  readonly role: Role;
  readonly status: string;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly inviter: Person;
  /** What the inviter is in the organization now; undefined where they are not in it any more. */
  readonly inviterRole: Role | undefined;
}

export interface NewInvitation {
  readonly id: string;
  readonly organizationId: string;
  /** In lower case. */
  readonly email: string;
  readonly role: Role;
  readonly inviterId: string;
  readonly expiresAt: number;
  readonly createdAt: number;
}

export interface NewPerson extends Person {
  /** As better-auth's hashPassword() makes it. */
  readonly passwordHash: string;
  readonly createdAt: number;
}

/** The people of a store, beside what better-auth reads and writes itself. Rejects with `StoreUnavailable` alone. */
export interface PeopleReader {
  hasPeople(): Promise<boolean>;
  /** By e-mail address; at most 1000. */
  people(): Promise<readonly (Person & Damageable)[]>;
  person(id: string): Promise<Person | undefined>;
  /** As better-auth's hashPassword() makes it; undefined where there is no such person. */
  passwordHash(personId: string): Promise<string | undefined>;
  personByEmail(email: string): Promise<Person | undefined>;
  /** Oldest first: the first is where a person begins. */
  memberships(personId: string): Promise<readonly Membership[]>;
  /** By name. */
  members(organizationId: string): Promise<readonly Member[]>;
  memberById(organizationId: string, memberId: string): Promise<Member | undefined>;
  memberByEmail(organizationId: string, email: string): Promise<Member | undefined>;
  memberOf(organizationId: string, personId: string): Promise<Member | undefined>;
  countMembers(organizationId: string): Promise<number>;
  /** At most 2: whether somebody is the last one. */
  ownerIds(organizationId: string): Promise<readonly string[]>;
  /** Neither used nor cancelled, and not expired at `now`; newest first. */
  pendingInvitations(organizationId: string, now: number): Promise<readonly Invitation[]>;
  invitation(id: string): Promise<Invitation | undefined>;
  organizationsWithoutMembers(): Promise<readonly Organization[]>;
  /** Those that have members, and no owner among them. */
  organizationsWithoutOwner(): Promise<readonly Organization[]>;
}

export interface PeopleWriter extends PeopleReader {
  /** With the account that signs in with a password. */
  insertPerson(person: NewPerson): Promise<void>;
  insertMember(organizationId: string, personId: string, role: Role, createdAt: number): Promise<void>;
  changeRole(organizationId: string, personId: string, role: Role): Promise<void>;
  /** No session of the person is in the organization afterwards. */
  deleteMember(organizationId: string, personId: string): Promise<void>;
  setActiveOrganization(sessionId: string, organizationId: string): Promise<void>;
  deleteEndedSessions(now: number): Promise<void>;
  endSessions(personId: string): Promise<void>;
  /** Ends the sessions, too. */
  setPassword(personId: string, passwordHash: string, at: number): Promise<void>;
  insertInvitation(invitation: NewInvitation): Promise<void>;
  endInvitation(id: string, status: "accepted" | "canceled"): Promise<void>;
}
