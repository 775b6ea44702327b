import { describe, expect, it } from "vitest";
import { SHOWN_ORGANIZATION_HEADER } from "../../../../src/protocol/shown-organization.ts";
import { type Framing, holdRequest } from "../../../support/control-plane/held-request.ts";
import { type Browser, ORIGIN, startPeopleServer } from "../../../support/control-plane/people.ts";

const FRAMINGS: readonly Framing[] = ["length", "chunks"];

/** An owner, an admin and a member of acme; the requests below are about the member. */
async function scene() {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const admin = await server.signedIn("admin");
  const member = await server.signedIn("member");
  const acme = await server.store.organizations.find("acme");
  if (acme === undefined) {
    throw new Error("there is no acme");
  }
  const members = await server.store.people.members(acme.id);
  const idOf = (email: string) => members.find(({ person }) => person.email === email)?.id ?? "";
  const hold = (path: string, body: unknown, framing: Framing) =>
    holdRequest(
      server.port,
      path,
      { Cookie: admin.cookie ?? "", Origin: ORIGIN, [SHOWN_ORGANIZATION_HEADER]: acme.id },
      JSON.stringify(body),
      framing,
    );
  return {
    server,
    owner,
    admin,
    member,
    acme,
    adminId: idOf(admin.email),
    memberId: idOf(member.email),
    hold,
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

const ok = async (answer: ReturnType<Browser["post"]>) => expect(await answer).toMatchObject({ status: 200 });

const ENDS: readonly (readonly [what: string, end: (scene: Scene) => Promise<unknown>])[] = [
  [
    "has been removed",
    ({ owner, adminId }) => ok(owner.post("/organization/remove-member", { memberIdOrEmail: adminId })),
  ],
  [
    "has become a member",
    ({ owner, adminId }) =>
      ok(owner.post("/organization/update-member-role", { memberId: adminId, role: "member" })),
  ],
  ["has signed out", ({ admin }) => ok(admin.post("/sign-out", {}))],
  [
    "has a new password",
    ({ server, admin }) =>
      server.manage("mutation($email: String!) { resetPassword(email: $email) { password } }", {
        email: admin.email,
      }),
  ],
];

describe("an admin whose request is still being received", () => {
  describe.each(FRAMINGS)("(%s)", (framing) => {
    it.each(ENDS)("and who %s before its last byte changes nothing", async (_what, end) => {
      const at = await scene();
      const { server, hold, memberId, acme } = at;
      const create = { query: 'mutation { createApiKey(input: { name: "held" }) { apiKey { id } } }' };
      const held = [
        await hold("/graphql", create, framing),
        await hold("/graphql", { query: "{ invitations { id } }" }, framing),
        await hold(
          "/api/auth/organization/invite-member",
          { email: "x@example.com", role: "member" },
          framing,
        ),
        await hold("/api/auth/organization/remove-member", { memberIdOrEmail: memberId }, framing),
        await hold("/api/auth/organization/update-member-role", { memberId, role: "admin" }, framing),
      ];
      await end(at);
      for (const [n, request] of held.entries()) {
        const { status, body } = await request.finish();
        expect(status, `${n} ${body}`).toBeGreaterThanOrEqual(400);
        expect(status, `${n} ${body}`).toBeLessThan(500);
      }
      expect((await server.manage('{ apiKeys(organization: "acme") { name } }')).data).toEqual({
        apiKeys: [],
      });
      expect(await server.store.people.pendingInvitations(acme.id, Date.now())).toEqual([]);
      const members = await server.store.people.members(acme.id);
      expect(members.find(({ id }) => id === memberId)?.role).toBe("member");
    });
  });

  it("and whose session is switched before its last byte changes nothing in either organization", async () => {
    const at = await scene();
    const { server, admin, hold } = at;
    const beta = await server.createOrganization("beta");
    const person = await server.store.people.byEmail(admin.email);
    await server.store.transaction((transaction) =>
      transaction.people.insertMember(beta, person?.id ?? "", "owner", Date.now()),
    );
    const create = { query: 'mutation { createApiKey(input: { name: "held" }) { apiKey { id } } }' };
    const invite = { email: "x@example.com", role: "member" };
    const held = [
      await hold("/graphql", create, "length"),
      await hold("/graphql", { query: "{ apiKeys { id } }" }, "length"),
      await hold("/api/auth/organization/invite-member", invite, "length"),
    ];
    await ok(admin.post("/organization/set-active", { organizationId: beta }));
    for (const request of held) {
      expect((await request.finish()).status).toBe(409);
    }
    expect((await server.manage('{ apiKeys(organization: "acme") { name } }')).data).toEqual({ apiKeys: [] });
    expect((await server.manage('{ apiKeys(organization: "beta") { name } }')).data).toEqual({ apiKeys: [] });
    expect(await server.store.people.pendingInvitations(beta, Date.now())).toEqual([]);
  });
});
