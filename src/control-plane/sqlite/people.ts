import type {
  Invitation,
  Member,
  Membership,
  NewPerson,
  PeopleReader,
  PeopleWriter,
  Person,
  Role,
} from "../people-store.ts";
import { ROLES } from "../people-store.ts";
import { randomId } from "../random-id.ts";
import type { Organization } from "../store.ts";
import { organization } from "./records.ts";
import { date, dateText, type Row, text, textOrNull } from "./row.ts";
import { SqliteStatements } from "./statements.ts";

const PERSON = "select id as personId, name as personName, email as personEmail from user";
const INVITATION = `
  select i.id as invitationId, i.email as invitedEmail, i.role, i.status, i.expiresAt, i.createdAt,
    o.id, o.name, o.slug, u.id as personId, u.name as personName, u.email as personEmail
  from invitation i join organization o on o.id = i.organizationId join user u on u.id = i.inviterId`;

/** Reads better-auth's tables through one connection. */
export class SqlitePeopleReader extends SqliteStatements implements PeopleReader {
  async hasPeople(): Promise<boolean> {
    return this.get("select id from user limit 1") !== undefined;
  }

  async people(): Promise<readonly Person[]> {
    return this.all(`${PERSON} order by email limit 1000`).map(person);
  }

  async person(id: string): Promise<Person | undefined> {
    const row = this.get(`${PERSON} where id = ?`, id);
    return row === undefined ? undefined : person(row);
  }

  async personByEmail(email: string): Promise<Person | undefined> {
    const row = this.get(`${PERSON} where email = ?`, email.toLowerCase());
    return row === undefined ? undefined : person(row);
  }

  async memberships(personId: string): Promise<readonly Membership[]> {
    const sql = `select o.id, o.name, o.slug, m.role from member m join organization o on o.id = m.organizationId
      where m.userId = ? order by m.createdAt, m.rowid`;
    return this.all(sql, personId).map((row) => ({
      organization: organization(row),
      role: role(text(row, "role")),
    }));
  }

  async members(organizationId: string): Promise<readonly Member[]> {
    const sql = `select m.id, m.role, m.createdAt, u.id as personId, u.name as personName, u.email as personEmail
      from member m join user u on u.id = m.userId where m.organizationId = ? order by u.name, u.email limit 1000`;
    return this.all(sql, organizationId).map((row) => ({
      id: text(row, "id"),
      person: person(row),
      role: role(text(row, "role")),
      createdAt: date(row, "createdAt"),
    }));
  }

  async openInvitations(organizationId: string, now: number): Promise<readonly Invitation[]> {
    const sql = `${INVITATION} where i.organizationId = ? and i.status = 'pending' and i.expiresAt > ?
      order by i.createdAt desc limit 1000`;
    return this.all(sql, organizationId, dateText(now)).map(invitation);
  }

  async invitation(id: string): Promise<Invitation | undefined> {
    const row = this.get(`${INVITATION} where i.id = ?`, id);
    return row === undefined ? undefined : invitation(row);
  }

  async organizationsWithoutMembers(): Promise<readonly Organization[]> {
    const sql = `select id, name, slug from organization o
      where not exists (select 1 from member m where m.organizationId = o.id) order by slug`;
    return this.all(sql).map(organization);
  }
}

/** Reads and writes inside the transaction that sqlite/store.ts has begun. */
export class SqlitePeopleWriter extends SqlitePeopleReader implements PeopleWriter {
  async insertPerson({ id, name, email, passwordHash, createdAt }: NewPerson): Promise<void> {
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

  async deleteEndedSessions(now: number): Promise<void> {
    this.run("delete from session where expiresAt <= ?", dateText(now));
  }

  async setPassword(personId: string, passwordHash: string, at: number): Promise<void> {
    const sql =
      "update account set password = ?, updatedAt = ? where userId = ? and providerId = 'credential'";
    this.run(sql, passwordHash, dateText(at), personId);
    this.run("delete from session where userId = ?", personId);
  }

  async acceptInvitation(id: string): Promise<void> {
    this.run("update invitation set status = 'accepted' where id = ?", id);
  }
}

function person(row: Row): Person {
  return { id: text(row, "personId"), name: text(row, "personName"), email: text(row, "personEmail") };
}

function invitation(row: Row): Invitation {
  return {
    id: text(row, "invitationId"),
    organization: organization(row),
    email: text(row, "invitedEmail"),
    role: role(textOrNull(row, "role") ?? "member"),
    status: text(row, "status"),
    expiresAt: date(row, "expiresAt"),
    createdAt: date(row, "createdAt"),
    inviter: person(row),
  };
}

/** better-auth joins several roles with commas; the strongest counts, and one that we do not know is a member's. */
function role(stored: string): Role {
  const names = stored.split(",");
  return ROLES.find((known) => names.includes(known)) ?? "member";
}
