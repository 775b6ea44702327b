import { expect, it } from "vitest";
import { dumpCommand } from "../../../../src/control-plane/cli/backup/dump-command.ts";
import { parsePostgresUrl } from "../../../../src/control-plane/store/address/postgres-address.ts";

function commandFor(url: string): string {
  const parsed = parsePostgresUrl(url);
  return parsed.isValid ? dumpCommand(parsed.address, "/b.dump") : parsed.problem;
}

it("verifies the server as the control plane does, and never has the password", () => {
  expect(commandFor("postgres://novacula:secret@db.example.com/novacula")).toBe(
    "(umask 077; pg_dump --format=custom --file=/b.dump " +
      "'postgres://novacula@db.example.com:5432/novacula?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt')",
  );
  expect(commandFor("postgres://novacula:secret@db.example.com/cp?sslrootcert=/etc/ssl/db-ca.pem")).toContain(
    "/cp?sslmode=verify-full&sslrootcert=/etc/ssl/db-ca.pem'",
  );
  expect(commandFor("postgres://novacula:secret@127.0.0.1/novacula")).toBe(
    "(umask 077; pg_dump --format=custom --file=/b.dump postgres://novacula@127.0.0.1:5432/novacula)",
  );
});

it("reads through a Unix socket as a role that is there, whoever the URL means", () => {
  for (const user of ["", "novacula-control-plane@"]) {
    expect(commandFor(`postgres://${user}/novacula?host=/var/run/postgresql`)).toMatch(
      /^\(umask 077; (?:sudo )?runuser -u postgres -- pg_dump --format=custom 'postgres:\/\/\/novacula\?host=\/var\/run\/postgresql' >\/b\.dump\)$/u,
    );
  }
});
