import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import type { PostgresAddress } from "../../store/address/postgres-address.ts";

const PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * A line of a shell that writes a PostgreSQL database to `file`. Only its owner may read that,
 * because it has the hashes of keys and passwords. The server is verified, as by the control plane.
 */
export function dumpCommand(address: PostgresAddress, file: string): string {
  const to = shellWord(file);
  if (address.host.startsWith("/")) {
    // There the server lets in the user that is called as the role. A URL without a role means the
    // user of the service, and not the one of this command; postgres may always read everything.
    const url = `postgres:///${encodeURIComponent(address.database)}?host=${address.host}`;
    const dump = `runuser -u postgres -- pg_dump --format=custom ${shellWord(url)}`;
    return `(umask 077; ${asRoot(dump)} >${to})`;
  }
  const { tls } = address;
  const verified = tls && `?sslmode=verify-full&sslrootcert=${tls.caPath ?? PUBLIC_AUTHORITIES}`;
  return `(umask 077; pg_dump --format=custom --file=${to} ${shellWord(`${address}${verified ?? ""}`)})`;
}
