import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { randomKey } from "../../../src/control-plane/keys/random-key.ts";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { leaksIn, noteKey } from "../../support/canary.ts";
import { testCertificates } from "../../support/certificates.ts";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { SYNC_INPUT, startServer } from "../../support/control-plane/control-plane-server.ts";
import { tempDir } from "../../support/temp-dir.ts";

it("shows a secret once: no other answer, log line or database file contains a part of it", async () => {
  const server = await startServer();
  const other = await server.createOrganization("other");
  await server.createOrganization("acme");
  const answers: string[] = [];
  const first = await server.createKey();
  const second = await server.rotateKey(first.id, Date.now() + 60_000);
  const held = await server.createKey({ name: "held" });
  const stranger = randomKey();
  noteKey(stranger);
  const said = async (answer: Promise<{ readonly text: string }>) => void answers.push((await answer).text);

  await said(server.sync(first.secret));
  await said(server.sync(second.secret));
  await said(server.sync(held.secret, { name: "agent-2" }));
  await said(server.sync(held.secret)); // 403
  await said(server.sync(first.secret, { expectedOrganizationId: other })); // 403
  await said(server.sync(stranger)); // 401
  await said(server.sync(first.secret.slice(0, 40))); // 401, cut off
  await said(server.post(first.secret, `{ apiKeys(organization: "${first.secret}") { id } }`)); // 403
  await said(server.post(undefined, "{ __typename }", {}, { authorization: `Basic ${first.secret}` })); // 401
  await said(server.revokeKey(first.id));
  await said(server.sync(first.secret)); // 401
  await said(server.deleteKey(first.id));
  await said(
    server.manage(
      '{ apiKeys(organization: "acme") { id name fingerprint status usedBy { executor { name } } } }',
    ),
  );
  await said(
    server.manage('{ auditEvents(organization: "acme") { id actor action targetName details source } }'),
  );
  await said(
    server.manage(
      '{ executors(organization: "acme") { name key { name } lastRefusal { message key { name } } keyHistory { key { name } } } }',
    ),
  );

  const secrets = [first.secret, second.secret, held.secret, stranger];
  const files = readdirSync(server.directory).filter((name) => name.startsWith("control-plane.db"));
  expect(files).toContain("control-plane.db-wal");
  const content = files.map((name) => readFileSync(join(server.directory, name), "latin1"));
  await server.close();
  content.push(readFileSync(server.databasePath, "latin1"));
  expect(leaksIn([...answers, ...server.lines, ...content].join("\n"), secrets)).toEqual([]);
  // Shows that the search finds a secret.
  expect(leaksIn(`${answers.join("\n")}${held.secret}`, secrets)).toHaveLength(1);
});

it("answers a bug with a reference, and logs the cause under it", async () => {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const database = new DatabaseSync(server.databasePath);
  // Any bug will do: here, a missing table.
  database.exec("alter table executor rename column hostName to renamedByHand");
  database.close();
  const answer = await server.sync(secret);
  expect(answer).toMatchObject({ status: 500, code: "INTERNAL_SERVER_ERROR" });
  const reference = /reference (\w{8})/.exec(answer.message ?? "")?.[1];
  const logged = server.lines.find((line) => line.includes(`"reference":"${reference}"`));
  expect(logged).toContain("hostName");
  expect(answer.text).not.toContain("hostName");
});

it("serves TLS 1.2 and newer only", async () => {
  const directory = tempDir();
  const { good, caPem } = await testCertificates();
  const tls = { certPath: join(directory, "cp.pem"), keyPath: join(directory, "cp.key") };
  writeFileSync(tls.certPath, good.cert);
  writeFileSync(tls.keyPath, good.key, { mode: 0o600 });
  const controlPlane = await startControlPlane({ tls });
  onTestFinished(async () => void (await controlPlane.stop()));
  expect(controlPlane.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const { secret } = await controlPlane.createKey();
  const post = (options: object) =>
    new Promise<string>((resolve, reject) => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
      const request = httpsRequest(`${controlPlane.url}/graphql`, {
        method: "POST",
        headers,
        ca: caPem,
        ...options,
      });
      request.on("response", (response) => resolve(text(response))).on("error", reject);
      request.end(JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: SYNC_INPUT } }));
    });
  expect(JSON.parse(await post({}))).toMatchObject({
    data: { syncExecutor: { executor: { name: "agent-1" } } },
  });
  await expect(
    post({ maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
  ).rejects.toThrow(/version|handshake|alert/i);
  expect(await controlPlane.executors()).toMatchObject([{ name: "agent-1", status: "online" }]);
});
