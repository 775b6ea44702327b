import { DatabaseError } from "pg";
import { errorCode } from "../../../../lib/errors.ts";
import { printable } from "../../../../lib/printable.ts";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import type { StoreProblem } from "../../contract/store.ts";
import { connectionTrouble } from "./connection-trouble.ts";
import { readOnly, serverTrouble } from "./server-trouble.ts";

/** The server answers, but it is a standby, which lags behind and cannot be written to. */
export class StandbyError extends Error {}

/** `sslrootcert` names a file that cannot be read. */
export class AuthorityError extends Error {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(errorCode(cause) ?? "unreadable");
    this.path = path;
  }
}

/** What an error of the server or of the connection means; undefined if it is a bug of ours. */
export function troubleOf(error: unknown, address: PostgresAddress): StoreProblem | undefined {
  if (error instanceof DatabaseError) {
    return serverTrouble(error.code ?? "", address);
  }
  if (error instanceof StandbyError) {
    return readOnly(address);
  }
  if (error instanceof AuthorityError) {
    return unreadable(error);
  }
  return connectionTrouble(error, address);
}

function unreadable({ path, message }: AuthorityError): StoreProblem {
  return {
    reason: "the database server cannot be verified",
    detail: `sslrootcert in DATABASE_URL names ${printable(path, 4096)}, which cannot be read (${message}).`,
    remedy: "name a PEM file that the user of the control plane may read",
  };
}
