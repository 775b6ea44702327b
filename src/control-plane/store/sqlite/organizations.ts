import type { Organization, OrganizationReader, OrganizationWriter } from "../contract/organizations.ts";
import { organization } from "../rows/records.ts";
import { dateText, mapped } from "../rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

export class SqliteOrganizationReader extends SqliteStatements implements OrganizationReader {
  async list(limit: number): Promise<readonly Organization[]> {
    const sql = "select id, name, slug from organization order by slug limit ?";
    return this.all(sql, limit).map(organization);
  }

  async find(reference: string): Promise<Organization | undefined> {
    const sql =
      "select id, name, slug from organization where id = ?1 or slug = ?1 order by id = ?1 desc limit 1";
    return mapped(this.get(sql, reference), organization);
  }

  async withoutMembers(): Promise<readonly Organization[]> {
    const sql = `select id, name, slug from organization o
      where not exists (select 1 from member m where m.organizationId = o.id) order by slug`;
    return this.all(sql).map(organization);
  }

  async withoutOwner(): Promise<readonly Organization[]> {
    const sql = `select id, name, slug from organization o
      where exists (select 1 from member m where m.organizationId = o.id)
        and not exists (select 1 from member m where m.organizationId = o.id and m.role = 'owner')
      order by slug limit 1000`;
    return this.all(sql).map(organization);
  }
}

export class SqliteOrganizationWriter extends SqliteOrganizationReader implements OrganizationWriter {
  async insert(added: Organization & { readonly createdAt: number }): Promise<void> {
    const { id, name, slug, createdAt } = added;
    const sql = "insert into organization (id, name, slug, createdAt) values (?, ?, ?, ?)";
    this.run(sql, id, name, slug, dateText(createdAt));
  }
}
