import type { Role } from "../../../protocol/roles.ts";
import type { Damageable } from "./damageable.ts";
import type { Organization } from "./organizations.ts";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** A person's place in one organization. */
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
  /** The inviter's present role in the organization. Undefined once they have left it. */
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

/** One sign-in of a person, without the token in its cookie. */
export interface PersonSession extends Damageable {
  readonly id: string;
  readonly createdAt: number;
  /** When it was last renewed, which happens at most once a day. */
  readonly renewedAt: number;
  readonly expiresAt: number;
  /** Where the sign-in came from; null: unknown. */
  readonly address: string | null;
  /** What the browser called itself then; null: nothing. */
  readonly userAgent: string | null;
}

export interface NewPerson extends Person {
  /** In the form of better-auth's hashPassword(). */
  readonly passwordHash: string;
  readonly createdAt: number;
}

/** Accounts. better-auth reads and writes the same tables, and sessions, by itself. */
export interface AccountReader {
  any(): Promise<boolean>;
  /** By e-mail address, at most 1000. */
  list(): Promise<readonly (Person & Damageable)[]>;
  byId(id: string): Promise<Person | undefined>;
  /** `email` in any case. */
  byEmail(email: string): Promise<Person | undefined>;
  /** In the form of better-auth's hashPassword(). Undefined if the person does not exist. */
  passwordHash(personId: string): Promise<string | undefined>;
  /** Those that have not expired at `now`. Newest first, at most 50. */
  sessions(personId: string, now: number): Promise<readonly PersonSession[]>;
  /** Whether the person has this session, and it has not expired at `now`. */
  hasSession(personId: string, sessionId: string, now: number): Promise<boolean>;
}

export type SessionReader = Pick<AccountReader, "hasSession">;

/** Who belongs to which organization, and as what. */
export interface MembershipReader {
  /** Oldest first. A new session begins in the first one. */
  memberships(personId: string): Promise<readonly Membership[]>;
  /** By name, at most 1000. */
  members(organizationId: string): Promise<readonly Member[]>;
  memberById(organizationId: string, memberId: string): Promise<Member | undefined>;
  memberByEmail(organizationId: string, email: string): Promise<Member | undefined>;
  memberOf(organizationId: string, personId: string): Promise<Member | undefined>;
  countMembers(organizationId: string): Promise<number>;
  /** At most 2, which is enough to know whether an owner is the last one. */
  ownerIds(organizationId: string): Promise<readonly string[]>;
}

export interface InvitationReader {
  /** Invitations that are unused, not cancelled and not expired at `now`. Newest first. */
  pendingInvitations(organizationId: string, now: number): Promise<readonly Invitation[]>;
  invitation(id: string): Promise<Invitation | undefined>;
}

export interface PeopleReader extends AccountReader, MembershipReader, InvitationReader {}

export interface PeopleWriter extends PeopleReader {
  /** Adds the person and their account, which signs in with a password. */
  insert(person: NewPerson): Promise<void>;
  insertMember(organizationId: string, personId: string, role: Role, createdAt: number): Promise<void>;
  changeRole(organizationId: string, personId: string, role: Role): Promise<void>;
  /** Moves the person's sessions out of the organization, too. */
  deleteMember(organizationId: string, personId: string): Promise<void>;
  setActiveOrganization(sessionId: string, organizationId: string): Promise<void>;
  deleteEndedSessions(now: number): Promise<void>;
  /** Ends all but `most` sessions of the person; those that expire first end first. */
  keepNewestSessions(personId: string, most: number): Promise<void>;
  endSessions(personId: string): Promise<void>;
  /** False if the person has no such session. */
  endSession(personId: string, sessionId: string): Promise<boolean>;
  /** Ends all of the person's sessions but this one. */
  endOtherSessions(personId: string, sessionId: string): Promise<void>;
  rename(personId: string, name: string, at: number): Promise<void>;
  /** Ends the person's sessions, too. */
  setPassword(personId: string, passwordHash: string, at: number): Promise<void>;
  insertInvitation(invitation: NewInvitation): Promise<void>;
  endInvitation(id: string, status: "accepted" | "canceled"): Promise<void>;
}
