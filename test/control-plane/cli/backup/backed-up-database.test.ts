import { expect, it } from "vitest";
import { backedUpDatabase } from "../../../../src/control-plane/cli/backup/backed-up-database.ts";
import { CommandError } from "../../../../src/lib/command-line/command-error.ts";

const DEFAULT = "/var/lib/novacula-control-plane/control-plane.db";
const POSTGRES = "postgres://novacula:secret-word@db.example.com/novacula";
const copied = (databaseUrl: string | undefined, environment: Record<string, string> = {}) =>
  backedUpDatabase(environment, "/b.db", () => ({ databaseUrl }));

function refusal(databaseUrl: string) {
  try {
    copied(databaseUrl);
  } catch (error) {
    return error instanceof CommandError ? { message: error.message, fix: error.fix } : error;
  }
  return "none";
}

it("is the default, if the service names none or the same, and the one that the caller names", () => {
  expect(copied(undefined)).toBe(DEFAULT);
  expect(copied(`file:${DEFAULT}`)).toBe(DEFAULT);
  expect(copied(undefined, { DATABASE_URL: "file:/a.db" })).toBe("/a.db");
  expect(copied(POSTGRES, { DATABASE_URL: `file:${DEFAULT}` })).toBe(DEFAULT);
});

it("is never the default while the service has another one", () => {
  expect(refusal(POSTGRES)).toEqual({
    message: "a PostgreSQL database is backed up with its own tool, pg_dump",
    fix: expect.stringMatching(/pg_dump --format=custom --file=\/b\.db 'postgres:\/\/novacula@db\.example/),
  });
  expect(refusal("file:/srv/cp db/cp.db")).toEqual({
    message: "the service has another database, /srv/cp db/cp.db",
    fix: expect.stringMatching(
      /\n(?:sudo )?env 'DATABASE_URL=file:\/srv\/cp db\/cp\.db' novacula-control-plane backup \/b\.db$/,
    ),
  });
});
