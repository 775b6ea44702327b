import type { SignInDevice, SignInDeviceReader, SignInDeviceWriter } from "../../contract/sign-in-devices.ts";
import { signInDevice } from "../../rows/people-records.ts";
import { mapped } from "../../rows/row.ts";
import { PostgresStatements } from "../connection/statements.ts";

export class PostgresSignInDevices
  extends PostgresStatements
  implements SignInDeviceReader, SignInDeviceWriter
{
  async find(hash: string): Promise<SignInDevice | undefined> {
    const sql = `select d.hash, d."userId", u.email, d."lastUsedAt"
      from "signInDevice" d join "user" u on u.id = d."userId" where d.hash = $1`;
    return mapped(await this.get(sql, hash), signInDevice);
  }

  async keep({ hash, personId, lastUsedAt }: Omit<SignInDevice, "email">, most: number): Promise<void> {
    const keep = `insert into "signInDevice" as d (hash, "userId", "createdAt", "lastUsedAt") values ($1, $2, $3, $3)
      on conflict (hash) do update set "lastUsedAt" = excluded."lastUsedAt" where d."userId" = excluded."userId"`;
    await this.run(keep, hash, personId, lastUsedAt);
    const forget = `delete from "signInDevice" where "userId" = $1 and hash not in
      (select hash from "signInDevice" where "userId" = $1 order by "lastUsedAt" desc, "createdAt" desc, hash limit $2)`;
    await this.run(forget, personId, most);
  }
}
