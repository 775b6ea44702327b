import { describe, expect, it } from "vitest";
import {
  ACTIONS,
  acceptAsNew,
  changeRole,
  invite,
  roleOf,
} from "../../../support/control-plane/membership.ts";
import { type Browser, type PeopleServer, startPeopleServer } from "../../../support/control-plane/people.ts";
import { sqlIn } from "../../../support/control-plane/test-database.ts";

describe("an invitation whose inviter may no longer make it", () => {
  const ENDS: readonly (readonly [
    what: string,
    end: (server: PeopleServer, owner: Browser, email: string) => Promise<unknown>,
  ])[] = [
    [
      "was removed",
      (_server, owner, email) => owner.post("/organization/remove-member", { memberIdOrEmail: email }),
    ],
    ["is a member now", (server, owner, email) => changeRole(server, owner, email, "member")],
    [
      "was made a member by the operator",
      (server, _owner, email) =>
        server.manage(`mutation { addMember(organization: "acme", email: "${email}", role: member) { id } }`),
    ],
  ];

  it.each(ENDS)(
    "is cancelled with an event if the inviter %s, and cannot be accepted",
    async (_what, end) => {
      const server = await startPeopleServer();
      const owner = await server.signedIn("owner");
      const admin = await server.signedIn("admin");
      const known = await server.signedIn("member", "acme", "known@example.com");
      await server.createOrganization("bravo");
      await owner.post("/organization/remove-member", { memberIdOrEmail: known.email });
      const [first, second, others] = [
        await invite(admin, "nadia@example.com", "admin"),
        await invite(admin, known.email),
        await invite(owner, "other@example.com"),
      ];
      await end(server, owner, admin.email);
      expect((await acceptAsNew(server, first)).status).toBe(400);
      expect((await known.post("/organization/accept-invitation", { invitationId: second })).status).toBe(
        400,
      );
      const preview = (id: string) =>
        server.browser().graphql("query($id: ID!) { invitation(id: $id) { role } }", { id });
      expect((await preview(first)).data).toEqual({ invitation: null });
      expect((await acceptAsNew(server, others)).status).toBe(200);
      const events = (await owner.graphql(ACTIONS)).text;
      for (const email of ["nadia@example.com", known.email]) {
        expect(events).toMatch(
          new RegExp(`"member.invitation_canceled","actor":"[^"]*","targetName":"${email}"`),
        );
      }
      expect(events).not.toMatch(
        /"member.invitation_canceled","actor":"[^"]*","targetName":"other@example.com"/,
      );
      // Not even once the inviter is an admin again: cancelled invitations stay cancelled.
      await server.manage(
        `mutation { addMember(organization: "acme", email: "${admin.email}", role: admin) { id } }`,
      );
      expect((await acceptAsNew(server, first)).status).toBe(400);
    },
  );

  it("is cancelled if an owner becomes an admin; those that an admin may make stay", async () => {
    const server = await startPeopleServer();
    const [first, second] = [await server.signedIn("owner"), await server.signedIn("owner")];
    const [asOwner, asAdmin] = [
      await invite(second, "o@example.com", "owner"),
      await invite(second, "a@example.com", "admin"),
    ];
    expect((await changeRole(server, first, second.email, "admin")).status).toBe(200);
    expect((await acceptAsNew(server, asOwner)).status).toBe(400);
    expect((await acceptAsNew(server, asAdmin)).status).toBe(200);
    expect(await roleOf(server, "a@example.com")).toBe("admin");
  });

  it("is checked again when it is accepted, if it was not cancelled", async () => {
    const server = await startPeopleServer();
    await server.signedIn("owner");
    const admin = await server.signedIn("admin");
    const id = await invite(admin, "nadia@example.com");
    const organizationId = (await server.store.organizations.find("acme"))?.id ?? "";
    const person = await server.store.people.byEmail(admin.email);
    // As an earlier version did: it changes only the role.
    await server.store.transaction(({ people }) =>
      people.changeRole(organizationId, person?.id ?? "", "member"),
    );
    expect(await acceptAsNew(server, id)).toMatchObject({ status: 400, code: "NOT_FOUND" });
    await server.store.transaction(({ people }) => people.deleteMember(organizationId, person?.id ?? ""));
    expect((await acceptAsNew(server, id)).status).toBe(400);
    expect((await server.manage("{ invitations { id } }")).data).toEqual({ invitations: [] });
  });

  it("does not block others if it was not cancelled: an admin may replace an owner's", async () => {
    const server = await startPeopleServer();
    const [former, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    const id = await invite(former, "nadia@example.com", "owner");
    const organizationId = (await server.store.organizations.find("acme"))?.id ?? "";
    const person = await server.store.people.byEmail(former.email);
    await server.store.transaction(({ people }) =>
      people.changeRole(organizationId, person?.id ?? "", "admin"),
    );
    const next = await invite(admin, "nadia@example.com");
    expect((await acceptAsNew(server, id)).status).toBe(400);
    expect((await acceptAsNew(server, next)).status).toBe(200);
    expect(await roleOf(server, "nadia@example.com")).toBe("member");
  });
});

describe("an ended invitation", () => {
  it.each([
    [
      "accepted",
      async (server: PeopleServer, id: string) => void (await acceptAsNew(server, id)),
      "nadia@example.com has accepted this invitation: remove the member instead",
    ],
    [
      "cancelled",
      async (_server: PeopleServer, id: string, owner: Browser) =>
        void (await owner.post("/organization/cancel-invitation", { invitationId: id })),
      "this invitation was already cancelled",
    ],
    [
      "expired",
      async (server: PeopleServer) => {
        server.clock.offsetMs = 7 * 86_400_000 - 60_000;
        // A session lasts as long as an invitation. This one goes on, as if it had been renewed.
        await sqlIn(server.directory, `update "session" set "expiresAt" = '2999-01-01T00:00:00.000Z'`);
      },
      "this invitation has expired: there is nothing to cancel",
    ],
  ])("%s, is not cancelled", async (what, end, sentence) => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const id = await invite(owner, "nadia@example.com");
    await end(server, id, owner);
    if (what === "expired") {
      server.clock.offsetMs += 61_000;
    }
    const events = (await server.auditEvents()).length;
    expect(await owner.post("/organization/cancel-invitation", { invitationId: id })).toMatchObject({
      status: 400,
      code: "CONFLICT",
      message: sentence,
    });
    expect(await server.auditEvents()).toHaveLength(events);
    if (what === "accepted") {
      expect(await roleOf(server, "nadia@example.com")).toBe("member");
    }
  });

  it("gets the same answer as one of another organization", async () => {
    const server = await startPeopleServer();
    await server.createOrganization("bravo");
    const id = await invite(await server.signedIn("owner", "bravo"), "nadia@example.com");
    const owner = await server.signedIn("owner");
    const cancel = async (invitationId: string) =>
      (await owner.post("/organization/cancel-invitation", { invitationId })).text;
    expect(await cancel(id)).toBe(await cancel("none"));
    expect((await acceptAsNew(server, id)).status).toBe(200);
  });
});
