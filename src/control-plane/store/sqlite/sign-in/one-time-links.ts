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
import { SqliteStatements } from "../rows/statements.ts";

/** In better-auth's table for values that expire: it has no other use here. */
export class SqliteOneTimeLinks extends SqliteStatements implements OneTimeLinkReader, OneTimeLinkWriter {
  async purposeOf(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const sql = "select value from verification where identifier = ? and expiresAt > ?";
    const row = this.get(sql, `${LINK_PREFIX}${hash}`, dateText(now));
    return row === undefined ? undefined : linkPurpose(new Cells(row).text("value"));
  }

  async replace({ hash, purpose, createdAt, expiresAt }: OneTimeLink): Promise<void> {
    const value = linkValue(purpose);
    this.run("delete from verification where identifier glob ? and value = ?", `${LINK_PREFIX}*`, value);
    const sql = `insert into verification (id, identifier, value, expiresAt, createdAt, updatedAt)
      values (?1, ?2, ?3, ?4, ?5, ?5)`;
    this.run(sql, randomId(), `${LINK_PREFIX}${hash}`, value, dateText(expiresAt), dateText(createdAt));
  }

  async use(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const found = await this.purposeOf(hash, now);
    this.run("delete from verification where identifier = ?", `${LINK_PREFIX}${hash}`);
    return found;
  }
}
