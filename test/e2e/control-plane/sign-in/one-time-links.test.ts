import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type PeopleServer, startPeopleServer } from "../../../support/control-plane/people.ts";

const link = z.object({ link: z.object({ url: z.string(), expiresAt: z.number() }) });
const ACCOUNT = { name: "Ada", email: "ada@example.com", password: "the first long password" };

async function issue(server: PeopleServer, document: string) {
  const answer = await server.manage(`mutation { link: ${document} { url expiresAt } }`);
  const { url, expiresAt } = link.parse(answer.data).link;
  const [address = "", token = ""] = url.split("#");
  return { address, token, expiresAt };
}

const setUpLink = (server: PeopleServer) => issue(server, "createSetupLink");

function setUp(server: PeopleServer, token: string, account: object = {}, headers = {}) {
  return server.browser().post("/one-time-link/set-up", { token, ...ACCOUNT, ...account }, headers);
}

describe("a set-up link", () => {
  it("creates the first account, which owns the organization and is signed in", async () => {
    const server = await startPeopleServer();
    const { address, token, expiresAt } = await setUpLink(server);
    expect(address).toBe("http://cp.test/setup");
    // 32 random bytes.
    expect(token).toMatch(/^[\w-]{43}$/u);
    expect(expiresAt - server.clock.now()).toBeGreaterThan(14 * 60_000);
    expect(expiresAt - server.clock.now()).toBeLessThanOrEqual(15 * 60_000);
    const browser = server.browser();
    const answer = await browser.post("/one-time-link/set-up", { token, ...ACCOUNT });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(token);
    const viewer = await browser.graphql(
      "{ viewer { user { name email } role activeOrganization { slug } } }",
    );
    expect(viewer.data).toEqual({
      viewer: {
        user: { name: "Ada", email: "ada@example.com" },
        role: "owner",
        activeOrganization: { slug: "acme" },
      },
    });
  });

  it("works once, also for two who use it at the same moment", async () => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        setUp(server, token, { email: `p${n}@example.com` }, { "x-forwarded-for": `192.0.2.${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await server.store.people.list()).toHaveLength(1);
    expect(await setUp(server, token)).toMatchObject({ status: 400, code: "CONFLICT" });
  });

  it("works for 15 minutes", async () => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    server.clock.offsetMs = 15 * 60_000;
    const late = await setUp(server, token);
    expect(late).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(late.message).toMatch(
      /this link is not valid: .*get another with sudo novacula-control-plane setup-link/u,
    );
    const other = await setUpLink(server);
    server.clock.offsetMs += 10 * 60_000;
    expect((await setUp(server, other.token)).status).toBe(200);
  });

  it("is replaced by the next one, and ends with the first account", async () => {
    const server = await startPeopleServer();
    const first = await setUpLink(server);
    const second = await setUpLink(server);
    expect((await setUp(server, first.token)).status).toBe(403);
    await server.signedIn("owner");
    expect(await setUp(server, second.token)).toMatchObject({ status: 400, code: "CONFLICT" });
    const answer = await server.manage("mutation { createSetupLink { url } }");
    expect(answer).toMatchObject({ code: "CONFLICT" });
  });

  it("is built from BETTER_AUTH_URL, whatever a request says", async () => {
    const server = await startPeopleServer({ origin: "https://cp.example.com" });
    await server
      .browser()
      .get("/api/auth/get-session", { host: "evil.example", "x-forwarded-host": "evil.example" });
    expect((await setUpLink(server)).address).toBe("https://cp.example.com/setup");
  });

  it("leaves only its hash in the database, and nothing in the log", async () => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    await setUp(server, "x".repeat(43));
    const database = new DatabaseSync(server.databasePath, { readOnly: true });
    const rows = JSON.stringify(database.prepare("select * from verification").all());
    database.close();
    expect(rows).toContain("one-time-link:");
    expect(rows).not.toContain(token);
    expect([...server.lines, ...server.people.lines].join("")).not.toContain(token);
  });

  it("is not for executors, visitors or members, and other sites cannot use one", async () => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    for (const browser of [server.browser(), await server.signedIn("owner")]) {
      const answer = await browser.graphql("mutation { createSetupLink { url } }");
      expect(["UNAUTHENTICATED", "FORBIDDEN"]).toContain(answer.code);
    }
    expect((await setUp(server, token, {}, { origin: "https://evil.example" })).status).toBe(403);
    expect((await server.browser().get("/api/auth/one-time-link/set-up")).status).toBe(405);
  });

  it.each([
    ["a short token", { token: "abc" }],
    ["a token with a wildcard", { token: "%".repeat(43) }],
    ["no name", { name: "" }],
    ["a short password", { password: "short" }],
    ["no address", { email: "ada" }],
    ["something more", { role: "owner" }],
  ])("refuses %s before it looks at the link", async (_, wrong) => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    expect(await setUp(server, token, wrong)).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
    expect((await setUp(server, token)).status).toBe(200);
  });

  it("limits guesses of a network, and a wrong one costs no hash", async () => {
    const server = await startPeopleServer();
    const { token } = await setUpLink(server);
    const guess = (n: number) => setUp(server, String(n).padStart(43, "a"));
    const statuses = (await Promise.all(Array.from({ length: 60 }, (_, n) => guess(n)))).map(
      (each) => each.status,
    );
    expect(statuses.filter((status) => status === 403)).toHaveLength(50);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    // Another network is not blocked.
    expect((await setUp(server, token, {}, { "x-forwarded-for": "198.51.100.7" })).status).toBe(200);
  });
});

const SET_KEY = "novacula-agent set-key -c agent.toml";

describe("a sign-in link", () => {
  async function startDev() {
    const server = await startPeopleServer({ setKeyCommand: SET_KEY });
    const { email } = await server.signedIn("owner");
    return { server, issue: () => issue(server, `createSignInLink(email: "${email}")`), email };
  }
  const use = (server: PeopleServer, token: string, headers = {}) =>
    server.browser().post("/one-time-link/sign-in", { token }, headers);

  it("signs in once, and no token reaches the body", async () => {
    const { server, issue: issueLink, email } = await startDev();
    const { address, token } = await issueLink();
    expect(address).toBe("http://cp.test/sign-in");
    const browser = server.browser();
    const answer = await browser.post("/one-time-link/sign-in", { token });
    expect(answer).toMatchObject({ status: 200, body: { user: { email } } });
    expect(answer.text).not.toContain("token");
    expect(browser.cookie).toContain("better-auth.session_token=");
    const viewer = await browser.graphql("{ viewer { user { email } setKeyCommand } }");
    expect(viewer.data).toEqual({ viewer: { user: { email }, setKeyCommand: SET_KEY } });
    expect(await use(server, token)).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  it("signs one of several in who use it at the same moment", async () => {
    const { server, issue: issueLink } = await startDev();
    const { token } = await issueLink();
    const answers = await Promise.all(Array.from({ length: 5 }, () => use(server, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403]);
  });

  it("works for 15 minutes, and until the next one", async () => {
    const { server, issue: issueLink } = await startDev();
    const first = await issueLink();
    const second = await issueLink();
    expect((await use(server, first.token)).status).toBe(403);
    server.clock.offsetMs = 15 * 60_000;
    expect((await use(server, second.token)).status).toBe(403);
  });

  it.each(["10.0.0.4", "::ffff:192.0.2.1", "2001:db8::1"])(
    "works on its host only, not from %s",
    async (from) => {
      const { server, issue: issueLink } = await startDev();
      const { token } = await issueLink();
      const answer = await use(server, token, { "x-forwarded-for": from });
      expect(answer).toMatchObject({
        status: 403,
        message: expect.stringContaining("only from the control plane's own host"),
      });
      expect((await use(server, token)).status).toBe(200);
    },
  );

  it("does not set up, and a set-up link does not sign in", async () => {
    const server = await startPeopleServer({ setKeyCommand: SET_KEY });
    const { token } = await setUpLink(server);
    expect((await use(server, token)).status).toBe(403);
  });

  it("exists in development alone", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const answer = await server.manage(`mutation { createSignInLink(email: "${email}") { url } }`);
    expect(answer).toMatchObject({ code: "CONFLICT" });
    expect(
      await server.signedIn("member").then((each) => each.graphql("{ viewer { setKeyCommand } }")),
    ).toMatchObject({
      data: { viewer: { setKeyCommand: null } },
    });
  });
});

describe("a control plane in development", () => {
  it.each(["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.", "10.0.0.4", "a b"])(
    "refuses a request for the host %j",
    async (host) => {
      const server = await startPeopleServer({ setKeyCommand: SET_KEY, servesOnlyLoopback: true });
      for (const path of ["/api/auth/get-session", "/../../"]) {
        expect((await server.browser().get(path, { host })).status).toBe(421);
      }
    },
  );

  it.each(["127.0.0.1", "localhost:3000", "[::1]:3000", "127.1.2.3"])("serves %s", async (host) => {
    const server = await startPeopleServer({ setKeyCommand: SET_KEY, servesOnlyLoopback: true });
    expect((await server.browser().get("/api/auth/get-session", { host })).status).toBe(200);
  });
});
