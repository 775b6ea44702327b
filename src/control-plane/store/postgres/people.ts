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
import { AskedTogether } from "./connection/asked-together.ts";
import { PostgresStatements, type Runner } from "./connection/statements.ts";

const PERSON = `select id as "personId", name as "personName", email as "personEmail" from "user"`;
const INVITATION = `
  select i.id as "invitationId", i.email as "invitedEmail", i.role, i.status, i."expiresAt", i."createdAt",
    o.id, o.name, o.slug, u.id as "personId", u.name as "personName", u.email as "personEmail", m.role as "inviterRole"
  from invitation i join organization o on o.id = i."organizationId" join "user" u on u.id = i."inviterId"
  left join member m on m."organizationId" = i."organizationId" and m."userId" = i."inviterId"`;
const MEMBER = `
  select m.id as "memberId", m.role, m."createdAt", u.id as "personId", u.name as "personName",
    u.email as "personEmail"
  from member m join "user" u on u.id = m."userId" where m."organizationId" = $1`;

export class PostgresPeopleReader extends PostgresStatements implements PeopleReader {
  private readonly together: AskedTogether;

  constructor(runner: Runner) {
    super(runner);
    this.together = new AskedTogether(runner);
  }

  async any(): Promise<boolean> {
    return (await this.get(`select id from "user" limit 1`)) !== undefined;
  }

  async list(): Promise<readonly (Person & Damageable)[]> {
    const rows = await this.all(`${PERSON} order by email limit 1000`);
    return rows.map(person);
  }

  async byId(id: string): Promise<Person | undefined> {
    return mapped(await this.get(`${PERSON} where id = $1`, id), person);
  }

  async passwordHash(personId: string): Promise<string | undefined> {
    const sql = `select password from account where "userId" = $1 and "providerId" = 'credential'`;
    const hash = (await this.get(sql, personId))?.["password"];
    return typeof hash === "string" ? hash : undefined;
  }

  async sessions(personId: string, now: number): Promise<readonly PersonSession[]> {
    const sql = `select id, "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent" from session
      where "userId" = $1 and "expiresAt" > $2 order by "createdAt" desc, id desc limit 50`;
    const rows = await this.all(sql, personId, dateText(now));
    return rows.map(session);
  }

  async hasSession(personId: string, sessionId: string, now: number): Promise<boolean> {
    const sql = `select 1 from session where id = $1 and "userId" = $2 and "expiresAt" > $3`;
    return (await this.get(sql, sessionId, personId, dateText(now))) !== undefined;
  }

  async byEmail(email: string): Promise<Person | undefined> {
    return mapped(await this.together.one(`${PERSON} where email = asked.id`, email.toLowerCase()), person);
  }

  async memberships(personId: string): Promise<readonly Membership[]> {
    const sql = `select o.id, o.name, o.slug, m.role, m."createdAt" as "joinedAt", o."createdAt" as "organizationAt"
      from member m join organization o on o.id = m."organizationId" where m."userId" = asked.id`;
    const order = 'found."joinedAt", found."organizationAt", found.slug';
    const rows = await this.together.rows(sql, order, personId);
    return rows.map(membership);
  }

  async members(organizationId: string): Promise<readonly Member[]> {
    const rows = await this.all(`${MEMBER} order by u.name, u.email limit 1000`, organizationId);
    return rows.map(member);
  }

  async memberById(organizationId: string, memberId: string): Promise<Member | undefined> {
    return mapped(await this.get(`${MEMBER} and m.id = $2`, organizationId, memberId), member);
  }

  async memberByEmail(organizationId: string, email: string): Promise<Member | undefined> {
    return mapped(await this.get(`${MEMBER} and u.email = $2`, organizationId, email.toLowerCase()), member);
  }

  async memberOf(organizationId: string, personId: string): Promise<Member | undefined> {
    return mapped(await this.get(`${MEMBER} and m."userId" = $2`, organizationId, personId), member);
  }

  async countMembers(organizationId: string): Promise<number> {
    const sql = `select count(*) as count from member where "organizationId" = $1`;
    const row = await this.get(sql, organizationId);
    return row === undefined ? 0 : integer(row, "count");
  }

  async ownerIds(organizationId: string): Promise<readonly string[]> {
    const sql = `select "userId" from member where "organizationId" = $1 and role = 'owner' limit 2`;
    const rows = await this.all(sql, organizationId);
    return rows.map((row) => new Cells(row).text("userId"));
  }

  async pendingInvitations(organizationId: string, now: number): Promise<readonly Invitation[]> {
    const sql = `${INVITATION} where i."organizationId" = $1 and i.status = 'pending' and i."expiresAt" > $2
      order by i."createdAt" desc`;
    const rows = await this.all(sql, organizationId, dateText(now));
    return rows.map(invitation);
  }

  async invitation(id: string): Promise<Invitation | undefined> {
    return mapped(await this.get(`${INVITATION} where i.id = $1`, id), invitation);
  }
}

export class PostgresPeopleWriter extends PostgresPeopleReader implements PeopleWriter {
  async insert({ id, name, email, passwordHash, createdAt }: NewPerson): Promise<void> {
    const at = dateText(createdAt);
    const user = `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
      values ($1, $2, $3, false, $4, $4)`;
    await this.run(user, id, name, email.toLowerCase(), at);
    const account = `insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
      values ($1, $2, 'credential', $2, $3, $4, $4)`;
    await this.run(account, randomId(), id, passwordHash, at);
  }

  async insertMember(organizationId: string, personId: string, role: Role, createdAt: number): Promise<void> {
    const sql = `insert into member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, $4, $5)`;
    await this.run(sql, randomId(), organizationId, personId, role, dateText(createdAt));
  }

  async changeRole(organizationId: string, personId: string, role: Role): Promise<void> {
    const sql = `update member set role = $1 where "organizationId" = $2 and "userId" = $3`;
    await this.run(sql, role, organizationId, personId);
  }

  async deleteMember(organizationId: string, personId: string): Promise<void> {
    await this.run(
      `delete from member where "organizationId" = $1 and "userId" = $2`,
      organizationId,
      personId,
    );
    const sql = `update session set "activeOrganizationId" = null
      where "userId" = $1 and "activeOrganizationId" = $2`;
    await this.run(sql, personId, organizationId);
  }

  async setActiveOrganization(sessionId: string, organizationId: string): Promise<void> {
    await this.run(`update session set "activeOrganizationId" = $1 where id = $2`, organizationId, sessionId);
  }

  async deleteEndedSessions(now: number): Promise<void> {
    await this.run(`delete from session where "expiresAt" <= $1`, dateText(now));
  }

  async keepNewestSessions(personId: string, most: number): Promise<void> {
    const sql = `delete from session where id in
      (select id from session where "userId" = $1 order by "expiresAt" desc, id desc offset $2)`;
    await this.run(sql, personId, most);
  }

  async setPassword(personId: string, passwordHash: string, at: number): Promise<void> {
    const sql = `update account set password = $1, "updatedAt" = $2
      where "userId" = $3 and "providerId" = 'credential'`;
    await this.run(sql, passwordHash, dateText(at), personId);
    await this.endSessions(personId);
  }

  async endSessions(personId: string): Promise<void> {
    await this.run(`delete from session where "userId" = $1`, personId);
  }

  async endSession(personId: string, sessionId: string): Promise<boolean> {
    return this.changes(`delete from session where id = $1 and "userId" = $2`, sessionId, personId);
  }

  async endOtherSessions(personId: string, sessionId: string): Promise<void> {
    await this.run(`delete from session where "userId" = $1 and id <> $2`, personId, sessionId);
  }

  async rename(personId: string, name: string, at: number): Promise<void> {
    await this.run(
      `update "user" set name = $1, "updatedAt" = $2 where id = $3`,
      name,
      dateText(at),
      personId,
    );
  }

  async insertInvitation(added: NewInvitation): Promise<void> {
    const { id, organizationId, email, role, inviterId, expiresAt, createdAt } = added;
    const sql = `insert into invitation
      (id, "organizationId", email, role, status, "expiresAt", "createdAt", "inviterId")
      values ($1, $2, $3, $4, 'pending', $5, $6, $7)`;
    const [ends, made] = [dateText(expiresAt), dateText(createdAt)];
    await this.run(sql, id, organizationId, email, role, ends, made, inviterId);
  }

  async endInvitation(id: string, status: "accepted" | "canceled"): Promise<void> {
    await this.run("update invitation set status = $1 where id = $2", status, id);
  }
}
