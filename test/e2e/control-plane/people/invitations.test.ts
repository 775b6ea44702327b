import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Browser, PeopleServer } from "../../../support/control-plane/people.ts";
import { startPeopleServer } from "../../../support/control-plane/people.ts";
import { sqlIn } from "../../../support/control-plane/test-database.ts";

const PASSWORD = "a new person's password";
const DAY_MS = 86_400_000;

async function invite(browser: Browser, email: string, role = "member"): Promise<string> {
  const answer = await browser.post("/organization/invite-member", { email, role });
  expect(answer.status).toBe(200);
  return z.object({ id: z.string() }).parse(answer.body).id;
}

function preview(browser: Browser, id: string) {
  return browser.graphql(
    "query($id: ID!) { invitation(id: $id) { email role hasAccount organization { slug } inviter { name } } }",
    { id },
  );
}

function acceptAsNew(server: PeopleServer, invitationId: string, browser = server.browser()) {
  return browser.post("/invitation/accept-as-new", { invitationId, name: "Nadia", password: PASSWORD });
}

describe("an invitation", () => {
  it("can be seen by anyone with its link, creates the account, signs in, and works once", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const id = await invite(owner, "Nadia@Example.com", "admin");
    const nadia = server.browser();
    expect((await preview(nadia, id)).data).toEqual({
      invitation: {
        email: "nadia@example.com",
        role: "admin",
        hasAccount: false,
        organization: { slug: "acme" },
        inviter: { name: "owner" },
      },
    });
    expect((await acceptAsNew(server, id, nadia)).status).toBe(200);
    expect(
      (await nadia.graphql("{ viewer { user { name email } role activeOrganization { slug } } }")).data,
    ).toEqual({
      viewer: {
        user: { name: "Nadia", email: "nadia@example.com" },
        role: "admin",
        activeOrganization: { slug: "acme" },
      },
    });
    expect((await preview(nadia, id)).data).toEqual({ invitation: null });
    expect(await acceptAsNew(server, id)).toMatchObject({ status: 400, code: "NOT_FOUND" });
    expect((await server.browser().signIn("nadia@example.com", PASSWORD)).status).toBe(200);
  });

  it("is accepted once, however many try at the same time", async () => {
    const server = await startPeopleServer();
    const id = await invite(await server.signedIn("owner"), "nadia@example.com");
    const answers = await Promise.all(Array.from({ length: 4 }, () => acceptAsNew(server, id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const people = await server.manage("{ members { user { email } } }");
    expect(people.text.match(/nadia@example.com/g)).toHaveLength(1);
  });

  it("of somebody with an account makes one membership, even if it is accepted several times at once", async () => {
    const server = await startPeopleServer();
    await server.createOrganization("bravo");
    const owner = await server.signedIn("owner");
    const known = await server.signedIn("member", "bravo", "known@example.com");
    const id = await invite(owner, "known@example.com");
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => known.post("/organization/accept-invitation", { invitationId: id })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const members = await owner.graphql("{ members { user { email } } }");
    expect(members.text.match(/known@example.com/g)).toHaveLength(1);
  });

  it("of somebody with an account can be accepted by them, signed in, and by nobody else", async () => {
    const server = await startPeopleServer();
    const organizationId = await server.createOrganization("bravo");
    const owner = await server.signedIn("owner");
    const known = await server.signedIn("member", "bravo", "known@example.com");
    const other = await server.signedIn("member", "bravo", "other@example.com");
    const id = await invite(owner, "known@example.com");
    expect((await preview(server.browser(), id)).data).toMatchObject({ invitation: { hasAccount: true } });
    expect(await acceptAsNew(server, id)).toMatchObject({ status: 400, code: "CONFLICT" });
    expect((await other.post("/organization/accept-invitation", { invitationId: id })).status).toBe(403);
    expect((await known.post("/organization/accept-invitation", { invitationId: id })).status).toBe(200);
    expect(
      (
        await known.graphql(
          "{ viewer { activeOrganization { slug } organizations { organization { slug } } } }",
        )
      ).data,
    ).toEqual({
      viewer: {
        activeOrganization: { slug: "acme" },
        organizations: [{ organization: { slug: "bravo" } }, { organization: { slug: "acme" } }],
      },
    });
    expect((await known.post("/organization/set-active", { organizationId })).status).toBe(200);
    expect((await known.graphql("{ viewer { activeOrganization { slug } } }")).data).toEqual({
      viewer: { activeOrganization: { slug: "bravo" } },
    });
  });

  it.each([
    [
      "was cancelled",
      async (_server: PeopleServer, owner: Browser, id: string) => {
        expect((await owner.post("/organization/cancel-invitation", { invitationId: id })).status).toBe(200);
      },
    ],
    [
      "is a week old",
      async (server: PeopleServer) => {
        server.clock.offsetMs = 7 * DAY_MS + 1000;
      },
    ],
    [
      "was replaced by a newer one",
      async (_server: PeopleServer, owner: Browser) => {
        await invite(owner, "nadia@example.com");
      },
    ],
  ])("that %s is none any more", async (_what, end) => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const id = await invite(owner, "nadia@example.com");
    await end(server, owner, id);
    expect((await preview(server.browser(), id)).data).toEqual({ invitation: null });
    expect(await acceptAsNew(server, id)).toMatchObject({ status: 400, code: "NOT_FOUND" });
    expect((await server.browser().signIn("nadia@example.com", PASSWORD)).status).toBe(401);
  });

  it("can be made by owners and admins, but not by an admin for an owner", async () => {
    const server = await startPeopleServer();
    const [admin, member] = [await server.signedIn("admin"), await server.signedIn("member")];
    await invite(admin, "a@example.com", "admin");
    const attempts = [
      await admin.post("/organization/invite-member", { email: "b@example.com", role: "owner" }),
      await member.post("/organization/invite-member", { email: "c@example.com", role: "member" }),
      await server.browser().post("/organization/invite-member", { email: "d@example.com", role: "member" }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 401]);
    const left = await admin.graphql("{ invitations { email } }");
    expect(left.data).toEqual({ invitations: [{ email: "a@example.com" }] });
  });

  it.each([
    ["no name", { name: "  " }],
    ["a name of several lines", { name: "a\nb" }],
    ["a short password", { password: "short" }],
    ["an endless password", { password: "x".repeat(1000) }],
    ["another type", { password: 7 }],
    ["no invitation", { invitationId: "" }],
  ])("is not accepted with %s", async (_what, wrong) => {
    const server = await startPeopleServer();
    const id = await invite(await server.signedIn("owner"), "nadia@example.com");
    const body = { invitationId: id, name: "Nadia", password: PASSWORD, ...wrong };
    expect(await server.browser().post("/invitation/accept-as-new", body)).toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
    });
    expect((await acceptAsNew(server, id)).status).toBe(200);
  });

  it("can be accepted by 26 people while somebody at the same address tries wrong links", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const attempt = (invitationId: string, from: string) => {
      const body = { invitationId, name: "Nadia", password: PASSWORD };
      return server.browser().post("/invitation/accept-as-new", body, { "x-forwarded-for": from });
    };
    const ids: string[] = [];
    for (let n = 0; n < 26; n += 1) {
      ids.push(await invite(owner, `invited-${n}@example.com`));
    }
    for (let n = 0; n < 25; n += 1) {
      expect(await attempt(`wrong-${n}`, "203.0.113.7")).toMatchObject({ status: 400, code: "NOT_FOUND" });
    }
    for (const [n, id] of ids.entries()) {
      expect((await attempt(id, n < 3 ? "203.0.113.7" : `198.51.100.${n}`)).status).toBe(200);
    }
    // Further tries are blocked: first this link from this address, then the address.
    const again: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      again.push((await attempt("wrong", "203.0.113.8")).status);
    }
    expect(again).toEqual([400, 400, 400, 400, 400, 429]);
    const more: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      more.push((await attempt(`more-${n}`, "203.0.113.7")).status);
    }
    expect(more.filter((status) => status === 400)).toHaveLength(25);
    expect(more.filter((status) => status === 429)).toHaveLength(5);
    const last = await invite(owner, "last@example.com");
    expect((await attempt(last, "203.0.113.9")).status).toBe(200);
  }, 120_000);

  it("keeps the last owner", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const removed = await owner.post("/organization/remove-member", { memberIdOrEmail: owner.email });
    expect(removed.status).toBe(400);
    expect((await owner.graphql("{ viewer { role } }")).data).toEqual({ viewer: { role: "owner" } });
  });
});

describe("an organization", () => {
  const LIMIT = 1000;

  /** Inserts rows directly: a thousand invitations through the page would take minutes. */
  async function fill(
    { directory }: PeopleServer,
    table: "member" | "invitation",
    count: number,
  ): Promise<void> {
    const many = `with recursive many (n) as (select 1 union all select n + 1 from many where n < ${count})`;
    if (table === "invitation") {
      const sql = `${many} insert into "invitation" ("id", "organizationId", "email", "role", "status", "expiresAt",
          "createdAt", "inviterId")
        select 'many-' || n, m."organizationId", 'many-' || n || '@x.test', 'member', 'pending',
          '9999-01-01T00:00:00.000Z', '${DATE}', m."userId" from many cross join "member" m where m."role" = 'owner'`;
      await sqlIn(directory, sql);
      return;
    }
    const people = `${many} insert into "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
      select 'many-' || n, 'many-' || n, 'many-' || n || '@x.test', (select "emailVerified" from "user" limit 1),
        '${DATE}', '${DATE}' from many`;
    await sqlIn(directory, people);
    const members = `insert into "member" ("id", "organizationId", "userId", "role", "createdAt")
      select u."id", o."id", u."id", 'member', '${DATE}' from "user" u cross join "organization" o
      where u."id" like 'many-%'`;
    await sqlIn(directory, members);
  }
  const DATE = "2026-01-01T00:00:00.000Z";

  it("has at most 1000 open invitations; replacing one is always possible", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    await fill(server, "invitation", LIMIT - 1);
    await invite(owner, "last@example.com");
    const refused = await owner.post("/organization/invite-member", {
      email: "more@example.com",
      role: "member",
    });
    expect(refused).toMatchObject({
      status: 400,
      code: "CONFLICT",
      message: expect.stringContaining("1000 open"),
    });
    await invite(owner, "last@example.com", "admin");
    expect((await owner.graphql("{ invitations { id } }")).text.match(/"id"/g)).toHaveLength(LIMIT);
  });

  it("has at most 1000 members, however they join", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const [asNew, last] = [await invite(owner, "nadia@example.com"), await invite(owner, "last@example.com")];
    await fill(server, "member", LIMIT - 2);
    expect((await acceptAsNew(server, last)).status).toBe(200);
    expect(await acceptAsNew(server, asNew)).toMatchObject({
      status: 400,
      message: expect.stringContaining("1000 members"),
    });
    expect((await preview(owner, asNew)).data).not.toEqual({ invitation: null });
    await owner.post("/organization/remove-member", { memberIdOrEmail: "many-1" });
    expect((await acceptAsNew(server, asNew)).status).toBe(200);
  });
});
