import { organization } from "better-auth/plugins/organization";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { AUTH_ROUTES } from "../../../../src/control-plane/people/auth-routes.ts";
import { SHOWN_ORGANIZATION_HEADER } from "../../../../src/protocol/shown-organization.ts";
import {
  ORIGIN,
  openBrowser,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";

const PASSWORD = "everybody's password in tests";
const ID = "a".repeat(32);
/** Of a one-time link: 32 random bytes in base64url. */
const TOKEN = "b".repeat(43);

/** For every route, a body that it accepts. */
const VALID: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "/sign-in/email": { email: "somebody@example.com", password: PASSWORD },
  "/sign-out": {},
  "/get-session": {},
  "/change-password": { currentPassword: PASSWORD, newPassword: PASSWORD, revokeOtherSessions: true },
  "/account/rename": { name: "Nadia" },
  "/account/end-session": { sessionId: ID },
  "/account/end-other-sessions": {},
  "/invitation/accept-as-new": { invitationId: ID, name: "Nadia", password: PASSWORD },
  "/one-time-link/set-up": { token: TOKEN, name: "Nadia", email: "somebody@example.com", password: PASSWORD },
  "/one-time-link/sign-in": { token: TOKEN },
  "/organization/set-active": { organizationId: ID },
  "/organization/invite-member": { email: "somebody@example.com", role: "member" },
  "/organization/cancel-invitation": { invitationId: ID },
  "/organization/accept-invitation": { invitationId: ID },
  "/organization/remove-member": { memberIdOrEmail: ID },
  "/organization/leave": {},
  "/organization/update-member-role": { memberId: ID, role: "member" },
};

const NO_STRINGS: readonly unknown[] = [
  null,
  7,
  true,
  [],
  ["admin"],
  ["admin", " owner"],
  {},
  { toString: null },
  { valueOf: null, toString: 1 },
  { "0": "owner", length: 1 },
  { $ne: null },
  "",
  "x".repeat(60_000),
];
const NASTY_TEXTS: readonly unknown[] = [
  "a\nb",
  "a\u0000",
  "\u001b[31m",
  "a\u202eb",
  "<0>emergency",
  "x'; drop table member; --",
  "__proto__,constructor",
  "{}",
  "a b",
  "a,b",
  "\ud800",
];

/** Characters that trim() removes, and invisible ones that it keeps. */
const BLANKS = [
  ...Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((one) =>
    /\p{White_Space}/u.test(one),
  ),
  "\ufeff",
  "\u200b",
  "\u2060",
  "\u180e",
  "\u0000",
];
const NO_ROLES: readonly unknown[] = [
  ...BLANKS.flatMap((blank) => [
    `${blank}owner`,
    `owner${blank}`,
    `admin,${blank}owner`,
    `${blank}admin${blank}`,
  ]),
  ...["Owner", "OWNER", "owner,", ",owner", "admin,owner", "admin, owner", "owner,owner", "owner;admin"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "ｏｗｎｅｒ", "оwner", "root", "creator"],
  ...NO_STRINGS,
];

function textsFor(member: string): readonly unknown[] {
  if (/password/i.test(member)) {
    return NO_STRINGS;
  }
  if (member === "revokeOtherSessions") {
    return NO_STRINGS.filter((value) => value !== true);
  }
  if (member === "role") {
    return NO_ROLES;
  }
  // Most characters that an id may not have are fine in a name.
  if (member === "name") {
    return [...NO_STRINGS, "a\nb", "a\u0000b", "a\u202eb", "\u001b[31m"];
  }
  return [...NO_STRINGS, ...NASTY_TEXTS, ...BLANKS.map((blank) => `${blank}${ID}`)];
}

/** Bodies with one fault each. */
function wrongBodies(path: string): readonly unknown[] {
  const valid = VALID[path] ?? {};
  const members = Object.keys(valid);
  return [
    null,
    [],
    [valid],
    "text",
    7,
    { ...valid, extra: 1 },
    { ...valid, organizationId: { $ne: ID } },
    { ...valid, constructor: {} },
    JSON.parse(`{"__proto__":{"role":"owner"},"x":1}`),
    ...members
      .filter((member) => member !== "revokeOtherSessions")
      .map((member) => ({ ...valid, [member]: undefined })),
    ...members.flatMap((member) => textsFor(member).map((value) => ({ ...valid, [member]: value }))),
  ];
}

function linesOf(server: PeopleServer): readonly string[] {
  return [...server.lines, ...server.people.lines];
}

async function stateOf(server: PeopleServer): Promise<unknown> {
  const document =
    "{ people { email memberships { role } } members { role } invitations { id } auditEvents(limit: 500) { id } }";
  return (await server.manage(document)).data;
}

describe("the routes under /api/auth", () => {
  it("reject unknown members, and accept the body in this file", () => {
    expect(Object.keys(VALID).sort()).toEqual([...AUTH_ROUTES.keys()].sort());
    for (const [path, { input }] of AUTH_ROUTES) {
      expect({ path, isDecoded: input.safeParse(VALID[path]).success }).toEqual({ path, isDecoded: true });
      const isStrict = input instanceof z.ZodObject && input.def.catchall instanceof z.ZodNever;
      expect({ path, isStrict }).toEqual({ path, isStrict: true });
    }
  });

  it("include no others of better-auth's organization plugin, with any method", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const paths = Object.values(organization({ teams: { enabled: true } }).endpoints).map(({ path }) => path);
    expect(paths).toContain("/organization/get-full-organization");
    for (const path of paths.filter((known) => !AUTH_ROUTES.has(known))) {
      expect({ path, ...(await owner.post(path, {})) }).toMatchObject({ path, status: 404 });
      expect({ path, ...(await owner.get(`/api/auth${path}`)) }).toMatchObject({ path, status: 404 });
    }
  });
});

describe.each([...AUTH_ROUTES].filter(([, { method }]) => method === "POST").map(([path]) => path))(
  "a body that %s does not accept",
  (path) => {
    it("is refused with a sentence, changes nothing and logs nothing", async () => {
      const server = await startPeopleServer();
      const owner = await server.signedIn("owner");
      const before = { state: await stateOf(server), lines: linesOf(server).length };
      for (const body of wrongBodies(path)) {
        const answer = await owner.post(path, body);
        const sent = JSON.stringify(body).slice(0, 80);
        expect({ sent, status: answer.status, code: answer.code }).toEqual({
          sent,
          status: 400,
          code: "BAD_USER_INPUT",
        });
        // Names the member, unless the whole body is wrong.
        expect(answer.message).toMatch(/^[^:\s]/);
        expect(answer.text.length).toBeLessThan(1200);
      }
      expect({ state: await stateOf(server), lines: linesOf(server).length }).toEqual(before);
    });
  },
);

it("of a member that occurs twice in a body the last one counts, both for the check and for the change", async () => {
  const server = await startPeopleServer();
  const admin = await server.signedIn("admin");
  const acme = (await server.store.organizations.find("acme"))?.id ?? "";
  const twice = async (first: string, last: string) => {
    const { statusCode, body: answer } = await request(`${server.url}/api/auth/organization/invite-member`, {
      method: "POST",
      headers: {
        cookie: admin.cookie,
        origin: ORIGIN,
        "content-type": "application/json",
        [SHOWN_ORGANIZATION_HEADER]: acme,
      },
      body: `{"email":"x@example.com","role":"${first}","role":"${last}"}`,
    });
    await answer.dump();
    return statusCode;
  };
  expect(await twice("member", "owner")).toBe(403);
  expect(await twice("owner", "member")).toBe(200);
  const invited = await admin.graphql("{ invitations { role } }");
  expect(invited.data).toEqual({ invitations: [{ role: "member" }] });
});

it("malformed sign-ins do not count as failures and are not reported as bugs", async () => {
  const server = await startPeopleServer();
  const { email } = await server.signedIn("owner");
  const lines = linesOf(server).length;
  const visitor = server.browser();
  for (let round = 0; round < 60; round += 1) {
    for (const body of [
      { email: { toString: null }, password: PASSWORD },
      { email, password: { toString: null } },
      { email: [email], password: PASSWORD },
      { email, password: PASSWORD, rememberMe: {} },
    ]) {
      expect((await visitor.post("/sign-in/email", body)).status).toBe(400);
    }
  }
  expect(linesOf(server).length).toBe(lines);
  expect((await visitor.signIn(email, PASSWORD)).status).toBe(200);
});

describe("a query string", () => {
  const HOSTILE = [
    "?x=1",
    "?organizationId=none",
    "?sortBy=x%0A<0>emergency%0A{%22level%22:%22info%22}",
    "?x=%1b[31mred",
    "?role=member&role=owner",
    "?__proto__=1",
    "?__proto__[role]=owner",
    "?a[]=1&a[]=2",
    "?%ff%fe",
    "?%",
    "?disableCookieCache=true",
    `?x=${"x".repeat(8000)}`,
    `?x=${"%0A<0>".repeat(2000)}`,
    `?x=${"x".repeat(1 << 20)}`,
  ];
  const CLOSED = ["list", "list-members", "get-full-organization", "get-invitation"].map(
    (name) => `/organization/${name}`,
  );

  it.each([...AUTH_ROUTES.keys(), ...CLOSED])(
    "at %s is refused, changes nothing and logs nothing",
    async (path) => {
      const server = await startPeopleServer();
      const owner = await server.signedIn("owner");
      const headers = { cookie: owner.cookie ?? "" };
      const before = { state: await stateOf(server), lines: linesOf(server).length };
      for (const query of HOSTILE) {
        const browser = openBrowser(server.url, ORIGIN);
        const answers = [
          await browser.get(`/api/auth${path}${query}`, headers),
          await browser.post(`${path}${query}`, VALID[path] ?? {}, headers),
        ];
        for (const { status } of answers) {
          expect({ query: query.slice(0, 60), isRefused: status >= 400 && status < 500 }).toMatchObject({
            isRefused: true,
          });
        }
      }
      expect({ state: await stateOf(server), lines: linesOf(server).length }).toEqual(before);
      const viewer = await owner.graphql("{ viewer { activeOrganization { slug } } }");
      expect(viewer.data).toEqual({ viewer: { activeOrganization: { slug: "acme" } } });
    },
  );
});
