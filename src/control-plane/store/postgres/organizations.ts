import type { Organization, OrganizationReader, OrganizationWriter } from "../contract/organizations.ts";
import { organization } from "../rows/records.ts";
import { dateText, mapped } from "../rows/row.ts";
import { PostgresStatements } from "./connection/statements.ts";

const ORGANIZATION = "select id, name, slug from organization o";
const HAS_MEMBERS = `exists (select 1 from member m where m."organizationId" = o.id)`;

export class PostgresOrganizationReader extends PostgresStatements implements OrganizationReader {
  async list(limit: number): Promise<readonly Organization[]> {
    const rows = await this.all(`${ORGANIZATION} order by slug limit $1`, limit);
    return rows.map(organization);
  }

  async find(reference: string): Promise<Organization | undefined> {
    const sql = `${ORGANIZATION} where id = $1 or slug = $1 order by (id = $1) desc limit 1`;
    return mapped(await this.get(sql, reference), organization);
  }

  async withoutMembers(): Promise<readonly Organization[]> {
    const rows = await this.all(`${ORGANIZATION} where not ${HAS_MEMBERS} order by slug`);
    return rows.map(organization);
  }

  async withoutOwner(): Promise<readonly Organization[]> {
    const sql = `${ORGANIZATION} where ${HAS_MEMBERS}
      and not exists (select 1 from member m where m."organizationId" = o.id and m.role = 'owner') order by slug limit 1000`;
    const rows = await this.all(sql);
    return rows.map(organization);
  }
}

export class PostgresOrganizationWriter extends PostgresOrganizationReader implements OrganizationWriter {
  async insert(added: Organization & { readonly createdAt: number }): Promise<void> {
    const { id, name, slug, createdAt } = added;
    const sql = `insert into organization (id, name, slug, "createdAt") values ($1, $2, $3, $4)`;
    await this.run(sql, id, name, slug, dateText(createdAt));
  }
}
