import { randomId } from "../../../../lib/random-id.ts";
import type {
  LinkPurpose,
  OneTimeLink,
  OneTimeLinkReader,
  OneTimeLinkWriter,
} from "../../contract/one-time-links.ts";
import { Cells } from "../rows/cells.ts";
import { dateText } from "../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";

const PREFIX = "one-time-link:";
const SET_UP = "set-up";
const SIGN_IN = "sign-in:";

/** In better-auth's table for values that expire: it has no other use here. */
export class SqliteOneTimeLinks extends SqliteStatements implements OneTimeLinkReader, OneTimeLinkWriter {
  async purposeOf(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const sql = "select value from verification where identifier = ? and expiresAt > ?";
    const row = this.get(sql, `${PREFIX}${hash}`, dateText(now));
    return row === undefined ? undefined : purpose(new Cells(row).text("value"));
  }

  async replace({ hash, purpose: wanted, createdAt, expiresAt }: OneTimeLink): Promise<void> {
    const value = wanted.kind === "set-up" ? SET_UP : `${SIGN_IN}${wanted.personId}`;
    this.run("delete from verification where identifier glob ? and value = ?", `${PREFIX}*`, value);
    const sql = `insert into verification (id, identifier, value, expiresAt, createdAt, updatedAt)
      values (?1, ?2, ?3, ?4, ?5, ?5)`;
    this.run(sql, randomId(), `${PREFIX}${hash}`, value, dateText(expiresAt), dateText(createdAt));
  }

  async use(hash: string, now: number): Promise<LinkPurpose | undefined> {
    const found = await this.purposeOf(hash, now);
    this.run("delete from verification where identifier = ?", `${PREFIX}${hash}`);
    return found;
  }
}

function purpose(value: string): LinkPurpose | undefined {
  if (value === SET_UP) {
    return { kind: "set-up" };
  }
  return value.startsWith(SIGN_IN) ? { kind: "sign-in", personId: value.slice(SIGN_IN.length) } : undefined;
}
