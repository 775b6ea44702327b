import { randomId } from "../../../../lib/random-id.ts";
import type {
  LinkPurpose,
  OneTimeLink,
  OneTimeLinkReader,
  OneTimeLinkWriter,
} from "../../contract/one-time-links.ts";
import { Cells } from "../../rows/cells.ts";
import { LINK_PREFIX, linkPurpose, linkValue } from "../../rows/link-purpose.ts";
import { dateText } from "../../rows/row.ts";
import { PostgresStatements } from "../connection/statements.ts";

/** In better-auth's table for values that expire: it has no other use here. */
export class PostgresOneTimeLinks extends PostgresStatements implements OneTimeLinkReader, OneTimeLinkWriter {
  async purposeOf(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const sql = `select value from verification where identifier = $1 and "expiresAt" > $2`;
    const row = await this.get(sql, `${LINK_PREFIX}${hash}`, dateText(now));
    return row === undefined ? undefined : linkPurpose(new Cells(row).text("value"));
  }

  async replace({ hash, purpose, createdAt, expiresAt }: OneTimeLink): Promise<void> {
    const value = linkValue(purpose);
    const before = "delete from verification where starts_with(identifier, $1) and value = $2";
    await this.run(before, LINK_PREFIX, value);
    const sql = `insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
      values ($1, $2, $3, $4, $5, $5)`;
    await this.run(sql, randomId(), `${LINK_PREFIX}${hash}`, value, dateText(expiresAt), dateText(createdAt));
  }

  async use(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const found = await this.purposeOf(hash, now);
    await this.run("delete from verification where identifier = $1", `${LINK_PREFIX}${hash}`);
    return found;
  }
}
