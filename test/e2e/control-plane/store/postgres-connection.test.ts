import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { Client } from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { CommandError } from "../../../../src/lib/command-line/command-error.ts";
import { errorChain } from "../../../../src/lib/errors.ts";
import { type TestCertificates, testCertificates } from "../../../support/certificates.ts";
import { lacksPostgres, postgresServer, postgresUrl } from "../../../support/control-plane/postgres.ts";
import { openByUrl } from "../../../support/control-plane/store/open-by-url.ts";
import { startTlsGate } from "../../../support/control-plane/store/tls-gate.ts";
import { freePort } from "../../../support/free-port.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** A role with a password, and a database that it owns. Both go with the test. */
async function ownDatabase() {
  const server = await postgresServer();
  const name = `c_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const admin = new Client({ connectionString: postgresUrl(server, "postgres") });
  await admin.connect();
  await admin.query(`create role ${name} login password '${password}'`);
  await admin.query(`create database ${name} owner ${name} template template0`);
  onTestFinished(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.query(`drop role ${name}`);
    await admin.end();
  });
  const urlAt = (port: number, more = "", secret = password, database = name) =>
    `postgres://${name}:${secret}@127.0.0.1:${port}/${database}${more}`;
  return { name, password, port: server.port, admin, urlAt };
}

/** What an operator reads, if the database cannot be opened. No text of the error has the password. */
async function failureOf(url: string, password: string): Promise<string> {
  const error: unknown = await openByUrl(url).then(
    (store) => store.close(),
    (failure: unknown) => failure,
  );
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(password);
  expect(error).toBeInstanceOf(CommandError);
  return error instanceof CommandError ? `${errorChain(error)} Fix: ${error.fix}` : "";
}

describe.skipIf(lacksPostgres())("a start with PostgreSQL", () => {
  it("names a refused password, and a password that is missing", async () => {
    const { name, port, password, urlAt } = await ownDatabase();
    const wrong = `wrong${password}`;
    expect(await failureOf(urlAt(port, "", wrong), wrong)).toMatch(
      new RegExp(
        `cannot open the database postgres://${name}@127\\.0\\.0\\.1:${port}/${name}: .* refused the sign-in\\.` +
          ` .* with the password in DATABASE_URL, .*Fix: correct DATABASE_URL`,
        "s",
      ),
    );
    expect(await failureOf(`postgres://${name}@127.0.0.1:${port}/${name}`, password)).toContain(
      `refused ${name} without a password`,
    );
  });

  it("names a database that is not there, with the command that makes it", async () => {
    const { name, port, password, urlAt } = await ownDatabase();
    expect(await failureOf(urlAt(port, "", password, "nothing_here"), password)).toMatch(
      new RegExp(`does not exist\\. .*createdb --owner ${name} .* nothing_here`, "s"),
    );
  });

  it("names a role without rights", async () => {
    const { port, password, admin, urlAt, name } = await ownDatabase();
    await admin.query(`alter database ${name} owner to postgres`);
    expect(await failureOf(urlAt(port), password)).toMatch(/denied access\. .*alter database .* owner to/s);
  });

  it("names a server that has no connection left", async () => {
    const { port, password, admin, urlAt, name } = await ownDatabase();
    await admin.query(`alter role ${name} connection limit 0`);
    expect(await failureOf(urlAt(port), password)).toMatch(/too many connections\. .*raise max_connections/s);
  });

  it("names a server that is not there", async () => {
    const { password, urlAt } = await ownDatabase();
    const port = await freePort();
    expect(await failureOf(urlAt(port), password)).toMatch(
      new RegExp(`is not running\\. Nothing answers at 127\\.0\\.0\\.1:${port} Fix: start it`),
    );
    expect(await failureOf(`postgres:///d?host=${tempDir()}`, password)).toMatch(/There is no socket/);
    expect(await failureOf("postgres://n:p@nowhere.invalid/d", password)).toMatch(/has no address/);
  });

  it("sends nothing to a server that offers no TLS, if TLS is asked for", async () => {
    const { port, password, urlAt } = await ownDatabase();
    expect(await failureOf(urlAt(port, "?sslmode=verify-full"), password)).toMatch(
      /cannot be trusted\. .* offers no TLS, .*Nothing was sent/s,
    );
  });

  it("names an authority's certificate that cannot be read", async () => {
    const { port, password, urlAt } = await ownDatabase();
    expect(await failureOf(urlAt(port, "?sslrootcert=/nonexistent.pem"), password)).toMatch(
      /sslrootcert .* names \/nonexistent\.pem, which cannot be read \(ENOENT\)/s,
    );
  });

  it.each<[keyof Omit<TestCertificates, "caPem">, RegExp]>([
    ["wrongName", /is for another name/],
    ["selfSigned", /is signed by nobody that this host trusts/],
    ["expired", /is not valid today/],
    ["notYetValid", /is not valid today/],
  ])("refuses the certificate %s", async (which, why) => {
    const { port, password, urlAt } = await ownDatabase();
    const { caPem, [which]: certificate } = await testCertificates();
    const gate = await startTlsGate(port, certificate);
    onTestFinished(() => gate.close());
    const ca = join(tempDir(), "ca.pem");
    writeFileSync(ca, caPem);
    expect(await failureOf(urlAt(gate.port, `?sslrootcert=${ca}`), password)).toMatch(why);
  });

  it("verifies the certificate by the authority that the URL names, and works encrypted", async () => {
    const { port, password, urlAt } = await ownDatabase();
    const { caPem, good } = await testCertificates();
    const gate = await startTlsGate(port, good);
    onTestFinished(() => gate.close());
    const ca = join(tempDir(), "ca.pem");
    writeFileSync(ca, caPem);
    expect(await failureOf(urlAt(gate.port, "?sslmode=verify-full"), password)).toMatch(/signed by nobody/);
    const store = await openByUrl(urlAt(gate.port, `?sslrootcert=${ca}`));
    expect(await store.keys.any()).toBe(false);
    await store.close();
  });

  it("reads no password and no server from variables of PostgreSQL's own programs", async () => {
    const { name, port, password } = await ownDatabase();
    process.env["PGPASSWORD"] = password;
    onTestFinished(() => void Reflect.deleteProperty(process.env, "PGPASSWORD"));
    expect(await failureOf(`postgres://${name}@127.0.0.1:${port}/${name}`, password)).toContain(
      "without a password",
    );
  });
});
