import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { databaseOf, readSettings } from "../../../src/control-plane/settings/settings.ts";
import {
  type PostgresAddress,
  parsePostgresUrl,
} from "../../../src/control-plane/store/address/postgres-address.ts";
import { asStoreError } from "../../../src/control-plane/store/postgres/connection/store-error.ts";

const PASSWORD = "s3cret-p4ssw0rd";

function addressOf(url: string): PostgresAddress {
  const parsed = parsePostgresUrl(url);
  if (!parsed.isValid) {
    throw new Error(parsed.problem);
  }
  return parsed.address;
}

function problemOf(url: string): string {
  const parsed = parsePostgresUrl(url);
  return parsed.isValid ? "none" : parsed.problem;
}

describe("the URL of a PostgreSQL database", () => {
  it("names server, user, password and database", () => {
    const address = addressOf(`postgresql://nova%20a:p%2F%40%3A%23d@DB.example.com:6432/keys`);
    expect(address).toMatchObject({ host: "db.example.com", port: 6432, user: "nova a", database: "keys" });
    expect(address.password).toBe("p/@:#d");
    expect(address.tls).toEqual({ caPath: undefined });
    expect(String(address)).toBe("postgres://nova%20a@db.example.com:6432/keys");
  });

  it("may name the folder of a socket, which is not encrypted", () => {
    for (const url of [
      "postgres:///keys?host=/run/postgresql",
      "postgres://nova:pw@/keys?host=/run/postgresql",
    ]) {
      expect(addressOf(url)).toMatchObject({ host: "/run/postgresql", database: "keys", tls: undefined });
    }
    expect(addressOf("postgres:///keys?host=/run/postgresql").server).toBe("/run/postgresql/.s.PGSQL.5432");
  });

  it.each(["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])("is not encrypted to %s", (host) => {
    expect(addressOf(`postgres://n@${host}/d`).tls).toBeUndefined();
    expect(addressOf(`postgres://n@${host}/d?sslmode=disable`).tls).toBeUndefined();
    expect(addressOf(`postgres://n@${host}/d?sslmode=verify-full`).tls).toEqual({ caPath: undefined });
    expect(addressOf(`postgres://n@${host}/d?sslrootcert=/ca.pem`).tls).toEqual({ caPath: "/ca.pem" });
  });

  it.each(["localhost.", "db", "10.0.0.1", "[2001:db8::1]", "localhost.example.com"])(
    "is verified to %s, whatever it says",
    (host) => {
      expect(addressOf(`postgres://n@${host}/d`).tls).toEqual({ caPath: undefined });
      expect(addressOf(`postgres://n@${host}/d?sslmode=verify-full&sslrootcert=/ca.pem`).tls).toEqual({
        caPath: "/ca.pem",
      });
      for (const mode of [
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "no-verify",
        "",
        "VERIFY-FULL",
      ]) {
        expect(problemOf(`postgres://n@${host}/d?sslmode=${mode}`)).toMatch(/set sslmode=verify-full/);
      }
    },
  );

  it.each([
    ["postgres:/nova/d", /must be a URL such as/],
    ["postgres://n@h", /must end with the name of the database/],
    ["postgres://n@h/a/b", /must end with the name of the database/],
    ["postgres:///d", /names no server/],
    ["postgres://n@h/d?host=/run", /only for the folder of a Unix socket/],
    ["postgres:///d?host=db", /only for the folder of a Unix socket/],
    ["postgres:///d?host=/run&sslmode=verify-full", /asks for TLS on a Unix socket/],
    ["postgres://n@h/d?sslrootcert=ca.pem", /no absolute path/],
    ["postgres://n@h/d?ssl=true", /the parameter ssl, which is not known/],
    ["postgres://n@h/d?sslmode=verify-full&sslmode=verify-full", /twice/],
    ["postgres://n@h/d#x", /written as %23/],
    ["postgres://n@h:99999/d", /must be a URL such as/],
    ["postgres://n@h/d%00", /control character/],
    ["postgres://n:p%00@h/d", /control character/],
    ["postgres://n@h/d%0Ae", /control character/],
  ])("%s is refused", (url, why) => {
    expect(problemOf(url)).toMatch(why);
  });
});

describe("the password in it", () => {
  it("is shown by nobody who prints the address", () => {
    const address = addressOf(`postgres://nova:${PASSWORD}@127.0.0.1/d`);
    const refused = asStoreError(new Error("SASL: the server wants a password"), address);
    const texts = [
      String(address),
      inspect(address, { depth: 9, showHidden: true }),
      JSON.stringify(address),
    ];
    expect([...texts, inspect(refused, { depth: 9 })].join()).not.toContain(PASSWORD);
  });

  it.each([
    `postgres://nova:${PASSWORD}@`,
    `postgres://nova:${PASSWORD}`,
    `postgres:/nova:${PASSWORD}/d`,
    `postgres://nova:${PASSWORD}@h:x/d`,
    `postgres://nova:${PASSWORD}@h/d?sslmode=require`,
    `postgres://nova:${PASSWORD}@h/d?password=${PASSWORD}`,
    `postgres://nova:${PASSWORD}?@h/d`,
    `postgres://nova:${PASSWORD}#@h/d`,
    `postgres://nova:%zz${PASSWORD}@h/d`,
    `"postgres://nova:${PASSWORD}@h/d"`,
    `libsql://h?authToken=${PASSWORD}`,
    `mysql:/nova:${PASSWORD}`,
    `nova:${PASSWORD}`,
  ])("is in no error of the settings (%#)", (DATABASE_URL) => {
    for (const read of [readSettings, databaseOf]) {
      expect(() => read({ DATABASE_URL })).toThrow(/DATABASE_URL/);
      expect(() => read({ DATABASE_URL })).not.toThrow(PASSWORD);
    }
  });
});

describe("the settings with PostgreSQL", () => {
  const DATABASE_URL = "postgres://nova@127.0.0.1/d";

  it("keep the socket in the folder of the package", () => {
    expect(readSettings({ DATABASE_URL }).socketPath).toBe("/var/lib/novacula-control-plane/management.sock");
  });

  it("need a secret that all control planes share, if people sign in", () => {
    const BETTER_AUTH_URL = "https://cp.example.com";
    expect(readSettings({ DATABASE_URL }).people).toBeUndefined();
    expect(() => readSettings({ DATABASE_URL, BETTER_AUTH_URL })).toThrow(/BETTER_AUTH_SECRET: set it/);
    const BETTER_AUTH_SECRET = "0123456789abcdef0123456789abcdef";
    expect(readSettings({ DATABASE_URL, BETTER_AUTH_URL, BETTER_AUTH_SECRET }).people).toBeDefined();
  });

  it.each(["libsql://db.turso.io", "mysql://h/d", "sqlite:x.db", "https://h"])(
    "refuse %s, and say what to use",
    (url) => {
      expect(() => readSettings({ DATABASE_URL: url })).toThrow(
        /is not supported: it must be file: .*or postgres:/,
      );
    },
  );
});
