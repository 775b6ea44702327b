import type { SignInDevice, SignInDeviceReader, SignInDeviceWriter } from "../../contract/sign-in-devices.ts";
import { signInDevice } from "../../rows/people-records.ts";
import { mapped } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";

export class SqliteSignInDevices extends SqliteStatements implements SignInDeviceReader, SignInDeviceWriter {
  async find(hash: string): Promise<SignInDevice | undefined> {
    const sql = `select d.hash, d.userId, u.email, d.lastUsedAt from signInDevice d join user u on u.id = d.userId
      where d.hash = ?`;
    return mapped(this.get(sql, hash), signInDevice);
  }

  async keep({ hash, personId, lastUsedAt }: Omit<SignInDevice, "email">, most: number): Promise<void> {
    const keep = `insert into signInDevice (hash, userId, createdAt, lastUsedAt) values (?1, ?2, ?3, ?3)
      on conflict (hash) do update set lastUsedAt = excluded.lastUsedAt where userId = excluded.userId`;
    this.run(keep, hash, personId, lastUsedAt);
    const forget = `delete from signInDevice where userId = ?1 and hash not in
      (select hash from signInDevice where userId = ?1 order by lastUsedAt desc, rowid desc limit ?2)`;
    this.run(forget, personId, most);
  }
}
