import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { AUTH_ROUTES } from "../../../../src/control-plane/people/auth-routes.ts";
import {
  ORIGIN,
  openBrowser,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";

const VIEWER = "{ viewer { user { email } } }";
const NOBODY = { viewer: null };
const OTHER_PASSWORD = "another password of the same person";

function cookiesOf(headers: Readonly<Record<string, string | string[] | undefined>>): readonly string[] {
  return [headers["set-cookie"] ?? []].flat();
}

async function personIn(server: PeopleServer) {
  const browser = await server.signedIn("owner");
  return { browser, email: browser.email, password: "everybody's password in tests" };
}

describe("the session's cookie", () => {
  it.each([
    ["http://cp.test", false],
    ["https://cp.test", true],
  ])("is HttpOnly, SameSite=Lax, for the whole site; at %s Secure: %s", async (origin, isSecure) => {
    const server = await startPeopleServer({ origin });
    const { email, password } = await personIn(server);
    const answer = await server.browser().signIn(email, password);
    const [cookie = "", device, ...others] = cookiesOf(answer.headers);
    expect(device).toContain("novacula.device=");
    expect(others).toEqual([]);
    expect(cookie).toMatch(/^(?:__Host-)?better-auth\.session_token=/);
    expect(cookie.startsWith("__Host-")).toBe(isSecure);
    expect(/; Secure/i.test(cookie)).toBe(isSecure);
    for (const attribute of ["HttpOnly", "SameSite=Lax", "Path=/"]) {
      expect(cookie).toContain(`; ${attribute}`);
    }
    expect(cookie).not.toMatch(/domain=/i);
  });

  it("is the only place that holds the token: no body contains it, and the database is not enough to forge one", async () => {
    const server = await startPeopleServer();
    const { email, password } = await personIn(server);
    const browser = server.browser();
    const answers = [await browser.signIn(email, password), await browser.get("/api/auth/get-session")];
    const token =
      decodeURIComponent(browser.cookie ?? "")
        .split("=")[1]
        ?.split(".")[0] ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect(answers[1]?.text).toContain(email);
    for (const answer of answers) {
      expect(answer.text).not.toContain(token);
    }
    const thief = openBrowser(server.url, ORIGIN);
    for (const forged of [token, `${token}.`, `${token}.AAAA`]) {
      const headers = { cookie: `better-auth.session_token=${encodeURIComponent(forged)}` };
      expect((await thief.graphql(VIEWER, {}, headers)).data).toEqual(NOBODY);
    }
  });

  it("is new at every sign-in: a planted one is not adopted", async () => {
    const server = await startPeopleServer();
    const { browser: victim, email, password } = await personIn(server);
    const planted = "better-auth.session_token=planted.planted";
    const answer = await server.browser().post("/sign-in/email", { email, password }, { cookie: planted });
    expect(answer.status).toBe(200);
    expect(cookiesOf(answer.headers)[0]).not.toContain("planted");
    const before = victim.cookie;
    await victim.signIn(email, password);
    expect(victim.cookie).not.toBe(before);
  });

  it("is invalid after sign-out, and so are copies of it", async () => {
    const server = await startPeopleServer();
    const { browser } = await personIn(server);
    const copy = { cookie: browser.cookie ?? "" };
    expect((await browser.graphql(VIEWER)).data).not.toEqual(NOBODY);
    expect((await browser.post("/sign-out", {})).status).toBe(200);
    expect(browser.cookie).not.toContain("session_token");
    expect((await server.browser().graphql(VIEWER, {}, copy)).data).toEqual(NOBODY);
  });

  it("ends on all other devices when the password changes, requested or not", async () => {
    const server = await startPeopleServer();
    const { browser, email, password } = await personIn(server);
    const elsewhere = server.browser();
    await elsewhere.signIn(email, password);
    const changed = await browser.post("/change-password", {
      currentPassword: password,
      newPassword: OTHER_PASSWORD,
      revokeOtherSessions: false,
    });
    expect(changed.status).toBe(200);
    expect((await elsewhere.graphql(VIEWER)).data).toEqual(NOBODY);
    expect((await browser.graphql(VIEWER)).data).not.toEqual(NOBODY);
    expect((await server.browser().signIn(email, password)).status).toBe(401);
    expect((await server.browser().signIn(email, OTHER_PASSWORD)).status).toBe(200);
  });

  it("expires", async () => {
    const server = await startPeopleServer();
    const { browser } = await personIn(server);
    const database = new DatabaseSync(server.databasePath);
    database.exec("update session set expiresAt = '2020-01-01T00:00:00.000Z'");
    expect((await browser.graphql(VIEWER)).data).toEqual(NOBODY);
    await server.signedIn("owner");
    const left = database.prepare("select count(*) as sessions from session").get();
    expect(left).toEqual({ sessions: 1 });
    database.close();
  });
});

describe("the sessions of one person", () => {
  it("are 50 at most: a sign-in ends those that expire first, and nobody else's", async () => {
    const server = await startPeopleServer();
    const { browser, email, password } = await personIn(server);
    const other = await server.signedIn("member");
    using database = new DatabaseSync(server.databasePath);
    const insert = database.prepare(
      `insert into session (id, token, userId, expiresAt, createdAt, updatedAt)
       select 'more-' || ?1, 'token-' || ?1, id, ?2, ?2, ?2 from user where email = ?3`,
    );
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    for (let n = 0; n < 60; n += 1) {
      insert.run(String(n), inDays(n < 8 ? 6 : 8), email);
    }
    const latest = server.browser();
    expect((await latest.signIn(email, password)).status).toBe(200);
    const left = database
      .prepare("select s.id from session s join user u on u.id = s.userId where u.email = ?")
      .all(email)
      .map(({ id }) => String(id));
    expect(left).toHaveLength(50);
    expect(left).not.toContain("more-7");
    expect(left).toContain("more-59");
    expect((await latest.graphql(VIEWER)).data).not.toEqual(NOBODY);
    expect((await browser.graphql(VIEWER)).data).toEqual(NOBODY);
    expect((await other.graphql(VIEWER)).data).not.toEqual(NOBODY);
  });

  it("all stay while there are fewer", async () => {
    const server = await startPeopleServer();
    const { browser, email, password } = await personIn(server);
    for (let n = 0; n < 3; n += 1) {
      await server.browser().signIn(email, password);
    }
    expect((await browser.graphql(VIEWER)).data).not.toEqual(NOBODY);
  });
});

describe("another site's page", () => {
  const FOREIGN = [
    ["another origin", { origin: "http://evil.test" }],
    ["a subdomain", { origin: "http://x.cp.test" }],
    ["a name that begins alike", { origin: "http://cp.test.evil.test" }],
    ["another scheme", { origin: "https://cp.test" }],
    ["another port", { origin: "http://cp.test:81" }],
    ["an opaque origin", { origin: "null" }],
    ["no origin at all, by Sec-Fetch-Site", { origin: "", "sec-fetch-site": "cross-site" }],
    ["the same site only", { origin: "", "sec-fetch-site": "same-site" }],
  ] as const;

  it.each(FOREIGN)("cannot use the cookie: %s", async (_what, headers) => {
    const server = await startPeopleServer();
    const { browser, email, password } = await personIn(server);
    const attempts = [
      await browser.graphql('mutation { createApiKey(input: { name: "x" }) { secret } }', {}, headers),
      await browser.graphql(VIEWER, {}, headers),
      await browser.post("/sign-out", {}, headers),
      await browser.post("/organization/invite-member", { email: "spy@example.com", role: "owner" }, headers),
      await browser.post("/sign-in/email", { email, password }, headers),
    ];
    for (const answer of attempts) {
      expect(answer).toMatchObject({ status: 403, code: "FORBIDDEN" });
      expect(answer.message).toContain("BETTER_AUTH_URL");
    }
    expect((await server.auditEvents()).length).toBe(0);
    expect((await browser.graphql("{ viewer { user { email } } invitations { id } }")).data).toMatchObject({
      viewer: { user: { email } },
      invitations: [],
    });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])(
    "cannot send a form instead of JSON: %s",
    async (type) => {
      const server = await startPeopleServer();
      const { browser } = await personIn(server);
      const headers = { "content-type": type };
      expect((await browser.graphql(VIEWER, {}, headers)).status).toBe(415);
      expect((await browser.post("/sign-out", {}, headers)).status).toBe(415);
      expect((await browser.graphql(VIEWER)).data).not.toEqual(NOBODY);
    },
  );

  it("is told from ours by Sec-Fetch-Site if a browser sends no Origin", async () => {
    const server = await startPeopleServer();
    const { browser } = await personIn(server);
    const answer = await browser.graphql(VIEWER, {}, { origin: "", "sec-fetch-site": "same-origin" });
    expect(answer.data).not.toEqual(NOBODY);
    expect(answer.status).toBe(200);
  });
});

describe("a path under /api/auth", () => {
  it("is 404 if it is another of better-auth's", async () => {
    const { createAuth } = await import("../../../../src/control-plane/people/sign-in/auth.ts");
    const server = await startPeopleServer();
    const { pino } = await import("pino");
    const auth = createAuth({
      store: server.store,
      database: server.authDatabase,
      logger: pino({ level: "silent" }),
      origin: ORIGIN,
      now: Date.now,
      secret: "for the list of its endpoints alone, nothing else",
    });
    const owner = await server.signedIn("owner");
    const paths = Object.values(auth.api).flatMap((endpoint) =>
      "path" in endpoint && typeof endpoint.path === "string" ? [endpoint.path] : [],
    );
    expect(paths.length).toBeGreaterThan(25);
    for (const path of paths.filter((known) => !AUTH_ROUTES.has(known))) {
      expect({ path, ...(await owner.post(path, {})) }).toMatchObject({ path, status: 404 });
      expect({ path, ...(await owner.get(`/api/auth${path}`)) }).toMatchObject({ path, status: 404 });
    }
    expect(
      await owner.post("/sign-up/email", { email: "a@example.com", password: OTHER_PASSWORD, name: "A" }),
    ).toMatchObject({
      status: 404,
    });
    expect(await owner.post("/organization/create", { name: "Mine", slug: "mine" })).toMatchObject({
      status: 404,
    });
    expect(await owner.get("/api/auth/sign-in/email")).toMatchObject({ status: 405 });
  });

  it.each([
    "/api/auth/../graphql",
    "/api/auth//sign-out",
    "/api/auth/%73ign-out",
    "/api/auth/sign-out/",
    "/api/auth/",
  ])("is not reached by another spelling: %s", async (path) => {
    const server = await startPeopleServer();
    expect((await server.browser().get(path)).status).toBe(404);
  });
});

describe("a session in use", () => {
  it("is renewed with its cookie after a day, and continues unrenewed while the database refuses writes", async () => {
    const server = await startPeopleServer();
    const { browser } = await personIn(server);
    const database = new DatabaseSync(server.databasePath);
    const endsInMs = () => {
      const row = database.prepare("select expiresAt from session").get();
      return Date.parse(String(row?.["expiresAt"])) - Date.now();
    };
    const age = (days: number) =>
      database
        .prepare("update session set expiresAt = ?, updatedAt = ?")
        .run(new Date(Date.now() + (7 - days) * 86_400_000).toISOString(), new Date(0).toISOString());
    age(2);
    const renewed = await browser.graphql(VIEWER);
    expect(cookiesOf(renewed.headers)[0]).toMatch(/^better-auth\.session_token=.*Max-Age=604800/);
    expect(endsInMs()).toBeGreaterThan(6.9 * 86_400_000);
    age(2);
    database.exec("begin exclusive");
    const unrenewed = await browser.graphql(VIEWER);
    expect(unrenewed.data).not.toEqual(NOBODY);
    expect(unrenewed.status).toBe(200);
    database.exec("rollback");
    expect(endsInMs()).toBeLessThan(5.1 * 86_400_000);
    database.close();
  });
});

describe("a GET", () => {
  const TABLES = ["session", "user", "account", "member", "invitation", "verification", "auditEvent"];

  function contentOf(path: string): unknown {
    using database = new DatabaseSync(path);
    return TABLES.map((table) => database.prepare(`select * from "${table}"`).all());
  }

  it.each([
    ["in use", 0],
    ["due for its renewal", 2],
    ["that has expired", 8],
  ])("changes nothing, with a session %s", async (_what, days) => {
    const server = await startPeopleServer();
    await server.createOrganization("bravo");
    const { browser } = await personIn(server);
    const database = new DatabaseSync(server.databasePath);
    const aged = new Date(Date.now() + (7 - days) * 86_400_000).toISOString();
    database.prepare("update session set expiresAt = ?, updatedAt = ?").run(aged, new Date(0).toISOString());
    database.close();
    const before = contentOf(server.databasePath);
    const headers = { cookie: browser.cookie ?? "" };
    const query = "?organizationId=none&organizationSlug=bravo";
    const paths = [
      ...AUTH_ROUTES.keys(),
      "/organization/get-full-organization",
      "/organization/list-members",
    ];
    for (const path of paths) {
      for (const search of ["", query]) {
        await server.browser().get(`/api/auth${path}${search}`, headers);
      }
    }
    for (const path of ["/", "/members", "/invitation/none", "/graphql?query={viewer{user{id}}}"]) {
      await server.browser().get(path, headers);
    }
    expect(contentOf(server.databasePath)).toEqual(before);
  });

  it("of the session says whose it is, and sets no cookie", async () => {
    const server = await startPeopleServer();
    const { browser, email } = await personIn(server);
    const own = await browser.get("/api/auth/get-session");
    expect(own.status).toBe(200);
    expect(own.text).toContain(email);
    expect(cookiesOf(own.headers)).toEqual([]);
  });
});
