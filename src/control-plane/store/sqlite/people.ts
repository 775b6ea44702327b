import { randomId } from "../../../lib/random-id.ts";
import type { Role } from "../../../protocol/roles.ts";
import type { Damageable } from "../contract/damageable.ts";
import type {
  Invitation,
  Member,
  Membership,
  NewInvitation,
  NewPerson,
  PeopleReader,
  PeopleWriter,
  Person,
  PersonSession,
} from "../contract/people.ts";
import { Cells } from "../rows/cells.ts";
import { invitation, member, membership, person, session } from "../rows/people-records.ts";
import { dateText, integer, mapped } from "../rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

const PERSON = "select id as personId, name as personName, email as personEmail from user";
const INVITATION = `
  select i.id as invitationId, i.email as invitedEmail, i.role, i.status, i.expiresAt, i.createdAt,
    o.id, o.name, o.slug, u.id as personId, u.name as personName, u.email as personEmail, m.role as inviterRole
  from invitation i join organization o on o.id = i.organizationId join user u on u.id = i.inviterId
  left join member m on m.organizationId = i.organizationId and m.userId = i.inviterId`;
const MEMBER = `
  select m.id as memberId, m.role, m.createdAt, u.id as personId, u.name as personName, u.email as personEmail
  from member m join user u on u.id = m.userId where m.organizationId = ?`;

export class SqlitePeopleReader extends SqliteStatements implements PeopleReader {
  async any(): Promise<boolean> {
    return this.get("select id from user limit 1") !== undefined;
  }

  async list(): Promise<readonly (Person & Damageable)[]> {
    return this.all(`${PERSON} order by email limit 1000`).map(person);
  }

  async byId(id: string): Promise<Person | undefined> {
    const row = this.get(`${PERSON} where id = ?`, id);
    return mapped(row, person);
  }

  async passwordHash(personId: string): Promise<string | undefined> {
    const sql = "select password from account where userId = ? and providerId = 'credential'";
    const hash = this.get(sql, personId)?.["password"];
    return typeof hash === "string" ? hash : undefined;
  }

  async sessions(personId: string, now: number): Promise<readonly PersonSession[]> {
    const sql = `select id, createdAt, updatedAt, expiresAt, ipAddress, userAgent from session
      where userId = ? and expiresAt > ? order by createdAt desc, rowid desc limit 50`;
    return this.all(sql, personId, dateText(now)).map(session);
  }

  async hasSession(personId: string, sessionId: string, now: number): Promise<boolean> {
    const sql = "select 1 from session where id = ? and userId = ? and expiresAt > ?";
    return this.get(sql, sessionId, personId, dateText(now)) !== undefined;
  }

  async byEmail(email: string): Promise<Person | undefined> {
    const row = this.get(`${PERSON} where email = ?`, email.toLowerCase());
    return mapped(row, person);
  }

  async memberships(personId: string): Promise<readonly Membership[]> {
    const sql = `select o.id, o.name, o.slug, m.role from member m join organization o on o.id = m.organizationId
      where m.userId = ? order by m.createdAt, o.createdAt, o.slug`;
    return this.all(sql, personId).map(membership);
  }

  async members(organizationId: string): Promise<readonly Member[]> {
    return this.all(`${MEMBER} order by u.name, u.email limit 1000`, organizationId).map(member);
  }

  async memberById(organizationId: string, memberId: string): Promise<Member | undefined> {
    return mapped(this.get(`${MEMBER} and m.id = ?`, organizationId, memberId), member);
  }

  async memberByEmail(organizationId: string, email: string): Promise<Member | undefined> {
    return mapped(this.get(`${MEMBER} and u.email = ?`, organizationId, email.toLowerCase()), member);
  }

  async memberOf(organizationId: string, personId: string): Promise<Member | undefined> {
    return mapped(this.get(`${MEMBER} and m.userId = ?`, organizationId, personId), member);
  }

  async countMembers(organizationId: string): Promise<number> {
    const row = this.get("select count(*) as count from member where organizationId = ?", organizationId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async ownerIds(organizationId: string): Promise<readonly string[]> {
    const sql = "select userId from member where organizationId = ? and role = 'owner' limit 2";
    return this.all(sql, organizationId).map((row) => new Cells(row).text("userId"));
  }

  async pendingInvitations(organizationId: string, now: number): Promise<readonly Invitation[]> {
    const sql = `${INVITATION} where i.organizationId = ? and i.status = 'pending' and i.expiresAt > ?
      order by i.createdAt desc`;
    return this.all(sql, organizationId, dateText(now)).map(invitation);
  }

  async invitation(id: string): Promise<Invitation | undefined> {
    const row = this.get(`${INVITATION} where i.id = ?`, id);
    return mapped(row, invitation);
  }
}

export class SqlitePeopleWriter extends SqlitePeopleReader implements PeopleWriter {
  async insert({ id, name, email, passwordHash, createdAt }: NewPerson): Promise<void> {
    const at = dateText(createdAt);
    const user =
      "insert into user (id, name, email, emailVerified, createdAt, updatedAt) values (?, ?, ?, 0, ?, ?)";
    this.run(user, id, name, email.toLowerCase(), at, at);
    const account = `insert into account (id, accountId, providerId, userId, password, createdAt, updatedAt)
      values (?, ?, 'credential', ?, ?, ?, ?)`;
    this.run(account, randomId(), id, id, passwordHash, at, at);
  }

  async insertMember(
    organizationId: string,
    personId: string,
    memberRole: Role,
    createdAt: number,
  ): Promise<void> {
    const sql = "insert into member (id, organizationId, userId, role, createdAt) values (?, ?, ?, ?, ?)";
    this.run(sql, randomId(), organizationId, personId, memberRole, dateText(createdAt));
  }

  async changeRole(organizationId: string, personId: string, memberRole: Role): Promise<void> {
    const sql = "update member set role = ? where organizationId = ? and userId = ?";
    this.run(sql, memberRole, organizationId, personId);
  }

  async deleteMember(organizationId: string, personId: string): Promise<void> {
    this.run("delete from member where organizationId = ? and userId = ?", organizationId, personId);
    const sql =
      "update session set activeOrganizationId = null where userId = ? and activeOrganizationId = ?";
    this.run(sql, personId, organizationId);
  }

  async setActiveOrganization(sessionId: string, organizationId: string): Promise<void> {
    this.run("update session set activeOrganizationId = ? where id = ?", organizationId, sessionId);
  }

  async deleteEndedSessions(now: number): Promise<void> {
    this.run("delete from session where expiresAt <= ?", dateText(now));
  }

  async keepNewestSessions(personId: string, most: number): Promise<void> {
    const sql = `delete from session where id in
      (select id from session where userId = ? order by expiresAt desc, rowid desc limit -1 offset ?)`;
    this.run(sql, personId, most);
  }

  async setPassword(personId: string, passwordHash: string, at: number): Promise<void> {
    const sql =
      "update account set password = ?, updatedAt = ? where userId = ? and providerId = 'credential'";
    this.run(sql, passwordHash, dateText(at), personId);
    await this.endSessions(personId);
  }

  async endSessions(personId: string): Promise<void> {
    this.run("delete from session where userId = ?", personId);
  }

  async endSession(personId: string, sessionId: string): Promise<boolean> {
    return this.changes("delete from session where id = ? and userId = ?", sessionId, personId);
  }

  async endOtherSessions(personId: string, sessionId: string): Promise<void> {
    this.run("delete from session where userId = ? and id <> ?", personId, sessionId);
  }

  async rename(personId: string, name: string, at: number): Promise<void> {
    this.run("update user set name = ?, updatedAt = ? where id = ?", name, dateText(at), personId);
  }

  async insertInvitation(invitation: NewInvitation): Promise<void> {
    const { id, organizationId, email, role: offered, inviterId, expiresAt, createdAt } = invitation;
    const sql = `insert into invitation (id, organizationId, email, role, status, expiresAt, createdAt, inviterId)
      values (?, ?, ?, ?, 'pending', ?, ?, ?)`;
    const [ends, made] = [dateText(expiresAt), dateText(createdAt)];
    this.run(sql, id, organizationId, email, offered, ends, made, inviterId);
  }

  async endInvitation(id: string, status: "accepted" | "canceled"): Promise<void> {
    this.run("update invitation set status = ? where id = ?", status, id);
  }
}
