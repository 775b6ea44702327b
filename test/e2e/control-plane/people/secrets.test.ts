import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { noteKey } from "../../../support/canary.ts";
import {
  ADMIN,
  openBrowser,
  SECRET,
  startPeopleServer,
  startWithPeople,
} from "../../../support/control-plane/people.ts";
import { sqlIn } from "../../../support/control-plane/test-database.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const NASTY = [
  '<img src=x onerror="alert(1)">',
  "</script><script>alert(1)</script>",
  "#{7*7}{{7*7}}",
  "'; drop table apikey; --",
  "%s%n%x",
];
const UNPRINTABLE = ["a\nb", "a\u001b[31mb", "a\u202Eb", "a\u0000b", "a\u2028b"];
const create =
  "mutation($name: String!) { createApiKey(input: { name: $name }) { secret apiKey { id name } } }";
const issued = z.object({
  createApiKey: z.object({ secret: z.string(), apiKey: z.object({ id: z.string(), name: z.string() }) }),
});

it("a secret is in one answer and nowhere else: not in a later answer, the log or the database files", async () => {
  const directory = tempDir();
  const controlPlane = await startWithPeople({ directory });
  onTestFinished(async () => void (await controlPlane.stop()));
  const admin = openBrowser(controlPlane.url);
  await admin.signIn();
  const { secret, apiKey } = issued.parse((await admin.graphql(create, { name: "prod" })).data).createApiKey;
  noteKey(secret);
  const later = [
    await admin.graphql("{ apiKeys { id name fingerprint status usedBy { lastUsedAt } } }"),
    await admin.graphql("query($id: ID!) { apiKey(id: $id) { name fingerprint } }", { id: apiKey.id }),
    await admin.graphql("{ auditEvents { details targetName } executors { name } }"),
    await admin.graphql("mutation($id: ID!) { revokeApiKey(id: $id) { id name } }", { id: apiKey.id }),
    await admin.get("/api/auth/get-session"),
    await admin.graphql("{ members { id user { name email } } invitations { id } }"),
    await admin.get("/"),
  ];
  expect(await controlPlane.stop()).toBe(0);
  const files = readdirSync(directory)
    .filter((name) => name.startsWith("control-plane.db"))
    .map((name) => readFileSync(join(directory, name), "latin1"));
  expect(files.length).toBeGreaterThan(0);
  const everything = [...later.map(({ text }) => text), ...controlPlane.lines, ...files].join("\n");
  for (const kept of [secret, secret.slice(10, 40), ADMIN.password, SECRET]) {
    expect(everything).not.toContain(kept);
  }
  const cookie = decodeURIComponent(admin.cookie ?? "").split("=")[1] ?? "";
  expect(cookie.length).toBeGreaterThan(40);
  expect(everything).not.toContain(cookie);
  expect(controlPlane.lines.join("\n")).not.toContain(cookie.split(".")[0]);
});

it("a password is stored as a scrypt hash with its own salt", async () => {
  const server = await startPeopleServer();
  await server.signedIn("owner");
  const invited = await server.signedIn("admin");
  const id = z
    .object({ id: z.string() })
    .parse(
      (await invited.post("/organization/invite-member", { email: "n@example.com", role: "member" })).body,
    ).id;
  const password = "a password of two people";
  await server.browser().post("/invitation/accept-as-new", { invitationId: id, name: "N", password });
  const rows = await sqlIn(server.directory, "select password from account");
  for (const row of rows) {
    expect(row["password"]).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  }
  expect(rows.length).toBe(3);
});

it.each(NASTY)("a name is stored and shown exactly as given: %s", async (nasty) => {
  const server = await startPeopleServer();
  const name = nasty.slice(0, 32);
  const admin = await server.signedIn("admin");
  const answer = issued.parse((await admin.graphql(create, { name })).data).createApiKey;
  noteKey(answer.secret);
  expect(answer.apiKey.name).toBe(name);
  await server.sync(answer.secret, { name: nasty, hostName: nasty, publicHost: nasty });
  const seen = await admin.graphql('{ executors { name hostName publicHost } apiKeys(search: "\'") { id } }');
  expect(seen.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(seen.headers["x-content-type-options"]).toBe("nosniff");
  expect(seen.data).toMatchObject({ executors: [{ name: nasty, hostName: nasty, publicHost: nasty }] });
  expect((await admin.graphql("{ auditEvents(limit: 1) { targetName } }")).data).toEqual({
    auditEvents: [{ targetName: name }],
  });
});

it.each(UNPRINTABLE)(
  "a name that could break a log or a terminal is refused everywhere: %j",
  async (name) => {
    const server = await startPeopleServer();
    const admin = await server.signedIn("admin");
    expect((await admin.graphql(create, { name })).code).toBe("BAD_USER_INPUT");
    const key = await server.createKey();
    for (const input of [{ name }, { hostName: name }, { publicHost: name }, { version: name }]) {
      expect((await server.sync(key.secret, input)).code).toBe("BAD_USER_INPUT");
    }
    const invited = await admin.post("/organization/invite-member", {
      email: "n@example.com",
      role: "member",
    });
    const { id: invitationId } = z.object({ id: z.string() }).parse(invited.body);
    const password = "a long enough password";
    const joined = await server.browser().post("/invitation/accept-as-new", { invitationId, name, password });
    expect(joined.status).toBe(400);
    expect(
      (await admin.post("/organization/invite-member", { email: `${name}@example.com`, role: "member" }))
        .status,
    ).toBe(400);
    for (const line of [...server.lines, ...server.people.lines]) {
      expect(JSON.parse(line)).toBeTypeOf("object");
    }
    expect([...server.lines, ...server.people.lines].join("")).not.toContain(name);
  },
);
