import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { invite, memberId, membersOf, roleOf } from "../../../support/control-plane/membership.ts";
import {
  type Browser,
  PASSWORD,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";

const SESSIONS =
  "{ viewer { sessions { id isCurrent createdAt renewedAt expiresAt address userAgent damaged } } }";
const VIEWER = "{ viewer { user { name email } activeOrganization { slug } } }";
const listed = z.object({
  viewer: z.object({
    sessions: z.array(
      z.object({
        id: z.string(),
        isCurrent: z.boolean(),
        address: z.string().nullable(),
        userAgent: z.string().nullable(),
        damaged: z.array(z.string()),
      }),
    ),
  }),
});

async function sessionsOf(browser: Browser) {
  return listed.parse((await browser.graphql(SESSIONS)).data).viewer.sessions;
}

/** A person signed in in as many browsers, which call themselves browser-0, browser-1 and so on. */
async function signedInTimes(server: PeopleServer, count: number) {
  const first = await server.signedIn("owner");
  const others: Browser[] = [];
  for (let n = 1; n < count; n += 1) {
    const browser = server.browser();
    const headers = { "user-agent": `browser-${n}` };
    await browser.post("/sign-in/email", { email: first.email, password: PASSWORD }, headers);
    others.push(browser);
  }
  return { first, others, email: first.email };
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return z.object({ viewer: z.unknown() }).parse((await browser.graphql(VIEWER)).data).viewer !== null;
}

describe("a person's own sessions", () => {
  it("are listed newest first, with browser and address, and without anything that signs in", async () => {
    const server = await startPeopleServer();
    const { first, others } = await signedInTimes(server, 3);
    const sessions = await sessionsOf(first);
    expect(sessions.map(({ isCurrent, userAgent, address }) => [isCurrent, userAgent, address])).toEqual([
      [false, "browser-2", "127.0.0.1"],
      [false, "browser-1", "127.0.0.1"],
      [true, "", "127.0.0.1"],
    ]);
    const shown = JSON.stringify(await first.graphql(SESSIONS));
    using database = new DatabaseSync(server.databasePath);
    const tokens = database.prepare("select token from session").all();
    expect(tokens).toHaveLength(3);
    for (const { token } of tokens) {
      expect(shown).not.toContain(String(token));
      expect(shown).not.toContain(String(token).slice(0, 12));
    }
    for (const { id } of sessions) {
      const cookie = `better-auth.session_token=${id}`;
      const thief = server.browser();
      expect((await thief.graphql(VIEWER, {}, { cookie })).data).toEqual({ viewer: null });
    }
    expect(await Promise.all(others.map(isSignedIn))).toEqual([true, true]);
  });

  it("end one by one by their id, at once, and only once", async () => {
    const server = await startPeopleServer();
    const { first, others } = await signedInTimes(server, 3);
    const [newest, middle] = await sessionsOf(first);
    expect((await first.post("/account/end-session", { sessionId: middle?.id })).status).toBe(200);
    expect(await Promise.all(others.map(isSignedIn))).toEqual([false, true]);
    expect((await sessionsOf(first)).map(({ id }) => id)).toContain(newest?.id);
    const again = await first.post("/account/end-session", { sessionId: middle?.id });
    expect(again).toMatchObject({ status: 400, code: "NOT_FOUND" });
  });

  it("end everywhere else, and stay here", async () => {
    const server = await startPeopleServer();
    const { first, others } = await signedInTimes(server, 4);
    const stranger = await server.signedIn("admin");
    const [, last] = others;
    expect((await last?.post("/account/end-other-sessions", {}))?.status).toBe(200);
    expect(await isSignedIn(first)).toBe(false);
    expect(await Promise.all(others.map(isSignedIn))).toEqual([false, true, false]);
    expect(await isSignedIn(stranger)).toBe(true);
  });

  it("of another person are neither listed nor ended, whatever the role, with the same words as for none", async () => {
    const server = await startPeopleServer();
    await server.createOrganization("bravo");
    const victim = await server.signedIn("member");
    const [own] = await sessionsOf(victim);
    const people = [
      await server.signedIn("owner"),
      await server.signedIn("admin"),
      await server.signedIn("member"),
      await server.signedIn("owner", "bravo"),
    ];
    for (const person of people) {
      expect((await sessionsOf(person)).map(({ isCurrent }) => isCurrent)).toEqual([true]);
      const refused = await person.post("/account/end-session", { sessionId: own?.id });
      const none = await person.post("/account/end-session", { sessionId: "none" });
      expect(refused).toMatchObject({ status: 400, code: "NOT_FOUND", message: none.message });
    }
    const visitor = server.browser();
    expect((await visitor.post("/account/end-session", { sessionId: own?.id })).status).toBe(401);
    expect((await visitor.post("/account/end-other-sessions", {})).status).toBe(401);
    expect((await visitor.post("/account/rename", { name: "Mallory" })).status).toBe(401);
    expect((await visitor.graphql(SESSIONS)).data).toEqual({ viewer: null });
    expect(await isSignedIn(victim)).toBe(true);
  });

  it("that have expired are not listed; a damaged row is, and can be ended", async () => {
    const server = await startPeopleServer();
    const { first } = await signedInTimes(server, 3);
    using database = new DatabaseSync(server.databasePath);
    database.exec("update session set expiresAt = '2020-01-01T00:00:00.000Z' where userAgent = 'browser-1'");
    database.exec("update session set createdAt = x'00' where userAgent = 'browser-2'");
    database
      .prepare("update session set userAgent = ? where userAgent = 'browser-2'")
      .run(`a\u001b[31m\n${"x".repeat(9000)}`);
    const sessions = await sessionsOf(first);
    expect(sessions).toHaveLength(2);
    const odd = sessions.find(({ isCurrent }) => !isCurrent);
    expect(odd?.damaged).toEqual(["createdAt"]);
    expect(odd?.userAgent).toMatch(/^a \[31m x+…$/);
    expect(odd?.userAgent?.length).toBeLessThanOrEqual(300);
    expect((await first.post("/account/end-session", { sessionId: odd?.id })).status).toBe(200);
  });

  it("better-auth's own ways, which take and give tokens, stay closed", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    for (const path of [
      "list-sessions",
      "revoke-session",
      "revoke-sessions",
      "revoke-other-sessions",
      "update-user",
    ]) {
      expect((await owner.post(`/${path}`, {})).status).toBe(404);
      expect((await owner.get(`/api/auth/${path}`)).status).toBe(404);
    }
  });
});

describe("a person's name", () => {
  it("changes for everybody, once, with a record in each of their organizations", async () => {
    const server = await startPeopleServer();
    const person = await server.signedIn("member");
    const owner = await server.signedIn("owner");
    for (const name of ["Grace Hopper", "Grace Hopper"]) {
      expect((await person.post("/account/rename", { name })).status).toBe(200);
    }
    expect((await person.graphql(VIEWER)).data).toMatchObject({ viewer: { user: { name: "Grace Hopper" } } });
    const seen = await owner.graphql(
      '{ members { user { name email } } auditEvents(action: "person.renamed") { actor targetName details } }',
    );
    expect(seen.data).toMatchObject({
      members: expect.arrayContaining([{ user: { name: "Grace Hopper", email: person.email } }]),
      auditEvents: [
        {
          actor: `member <${person.email}>`,
          targetName: person.email,
          details: JSON.stringify({ name: "Grace Hopper" }),
        },
      ],
    });
  });
});

describe("leaving an organization", () => {
  it("is for everybody, ends the view of it at once, and is in the audit log as such", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    for (const role of ["member", "admin", "owner"] as const) {
      const person = await server.signedIn(role);
      expect((await person.post("/organization/leave", {})).status).toBe(200);
      expect(await roleOf(server, person.email)).toBeUndefined();
      expect((await person.graphql(VIEWER)).data).toMatchObject({ viewer: { activeOrganization: null } });
      expect((await person.graphql("{ members { id } }")).data).toEqual({ members: [] });
      const left = await owner.graphql('{ auditEvents(action: "member.left", limit: 1) { targetName } }');
      expect(left.data).toEqual({ auditEvents: [{ targetName: person.email }] });
    }
  });

  it("goes on in the next organization, and cancels the invitations that only a member may make", async () => {
    const server = await startPeopleServer();
    await server.createOrganization("bravo");
    const owner = await server.signedIn("owner");
    const admin = await server.signedIn("admin");
    await server.manage(
      'mutation($email: String!) { addMember(organization: "bravo", email: $email) { role } }',
      { email: admin.email },
    );
    const link = await invite(admin, "later@example.com");
    expect((await admin.post("/organization/leave", {})).status).toBe(200);
    expect((await admin.graphql(VIEWER)).data).toMatchObject({
      viewer: { activeOrganization: { slug: "bravo" } },
    });
    expect((await owner.graphql(`{ invitation(id: "${link}") { email } }`)).data).toEqual({
      invitation: null,
    });
  });

  it("is refused to the last owner, also if two leave at the same time", async () => {
    const server = await startPeopleServer();
    const one = await server.signedIn("owner");
    const two = await server.signedIn("owner");
    const statuses = (await Promise.all([one, two].map((each) => each.post("/organization/leave", {})))).map(
      ({ status }) => status,
    );
    expect(statuses.toSorted()).toEqual([200, 400]);
    const members = await membersOf(server);
    expect(members.filter(({ role }) => role === "owner")).toHaveLength(1);
    const last = statuses[0] === 400 ? one : two;
    const refused = await last.post("/organization/leave", {});
    expect(refused.message).toMatch(/is the only owner of acme: make somebody else an owner first/);
    expect(await memberId(server, last.email)).not.toBe("none");
  });

  it("concerns the organization that the page shows, and no other", async () => {
    const server = await startPeopleServer();
    const member = await server.signedIn("member");
    const elsewhere = { "novacula-organization": "another" };
    expect((await member.post("/organization/leave", {}, elsewhere)).status).toBe(409);
    expect(await roleOf(server, member.email)).toBe("member");
    expect((await server.browser().post("/organization/leave", {})).status).toBe(401);
  });
});
