import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, vi } from "vitest";
import { ROLES, type Role } from "../../../../src/protocol/roles.ts";
import {
  ACTIONS,
  acceptAsNew,
  changeRole,
  invite,
  memberId,
  membersOf,
  roleOf,
} from "../../../support/control-plane/membership.ts";
import { type Browser, startPeopleServer } from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";

describe("the role table", () => {
  const MAY: Readonly<Record<Role, readonly Role[]>> = {
    owner: ["owner", "admin", "member"],
    admin: ["admin", "member"],
    member: [],
  };
  const CASES = ROLES.flatMap((own) =>
    ROLES.map((other) => ({ own, other, isAllowed: MAY[own].includes(other) })),
  );

  it.each(CASES)(
    "$own may give and remove the role $other: $isAllowed",
    async ({ own, other, isAllowed }) => {
      const server = await startPeopleServer();
      await server.signedIn("owner");
      const actor = await server.signedIn(own);
      const [target, plain, removed] = [
        await server.signedIn(other),
        await server.signedIn("member"),
        await server.signedIn(other),
      ];
      const wanted = isAllowed ? 200 : 403;
      const invited = await actor.post("/organization/invite-member", {
        email: "new@example.com",
        role: other,
      });
      expect(invited.status).toBe(wanted);
      expect((await changeRole(server, actor, plain.email, other)).status).toBe(wanted);
      const taken = await changeRole(server, actor, target.email, "member");
      expect(taken.status).toBe(wanted);
      const gone = await actor.post("/organization/remove-member", { memberIdOrEmail: removed.email });
      expect(gone.status).toBe(wanted);
      if (isAllowed) {
        return;
      }
      expect(gone.message).toMatch(/^you may not remove an? \w+: .*owners.* may; ask one of them$/);
      expect(await roleOf(server, target.email)).toBe(other);
      expect(await roleOf(server, plain.email)).toBe("member");
      expect(await roleOf(server, removed.email)).toBe(other);
      expect(await server.auditEvents()).toEqual([]);
    },
  );

  it("an admin can neither see, replace nor cancel an invitation of an owner, whose link would make them one", async () => {
    const server = await startPeopleServer();
    const [owner, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    const id = await invite(owner, "next@example.com", "owner");
    expect((await admin.graphql("{ invitations { id } }")).data).toEqual({ invitations: [] });
    expect((await admin.graphql(ACTIONS)).text).not.toContain(id);
    const again = await admin.post("/organization/invite-member", {
      email: "next@example.com",
      role: "member",
    });
    expect(again.status).toBe(403);
    expect((await admin.post("/organization/cancel-invitation", { invitationId: id })).status).toBe(403);
    expect((await owner.graphql("{ invitations { id } }")).data).toEqual({ invitations: [{ id }] });
    expect((await acceptAsNew(server, id)).status).toBe(200);
  });

  it("does not invite members, whatever the case of the address", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const member = await server.signedIn("member", "acme", "known@example.com");
    const answer = await owner.post("/organization/invite-member", {
      email: "KNOWN@Example.com",
      role: "admin",
    });
    expect(answer).toMatchObject({ status: 400, code: "CONFLICT" });
    expect(answer.message).toContain("is already a member");
    expect(await roleOf(server, member.email)).toBe("member");
  });
});

describe("the last owner", () => {
  it("stays, on the page and for the operator; the refusal says what to do", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const sentence = `${owner.email} is the only owner of acme: make somebody else an owner first`;
    for (const role of ["admin", "member"] as const) {
      expect(await changeRole(server, owner, owner.email, role)).toMatchObject({
        status: 400,
        message: sentence,
      });
      const added = await server.manage(
        `mutation { addMember(email: "${owner.email}", role: ${role}) { id } }`,
      );
      expect(added).toMatchObject({ code: "CONFLICT", message: sentence });
    }
    for (const reference of [owner.email, owner.email.toUpperCase(), await memberId(server, owner.email)]) {
      const removed = await owner.post("/organization/remove-member", { memberIdOrEmail: reference });
      expect(removed).toMatchObject({ status: 400, message: sentence });
    }
    expect(await roleOf(server, owner.email)).toBe("owner");
    expect(await server.auditEvents()).toEqual([]);
    await server.signedIn("owner");
    expect((await changeRole(server, owner, owner.email, "admin")).status).toBe(200);
  });

  it.each(["demote", "remove"])("remains if two owners %s each other at the same time", async (deed) => {
    const server = await startPeopleServer();
    const [one, other] = [await server.signedIn("owner"), await server.signedIn("owner")];
    const targets = [await memberId(server, other.email), await memberId(server, one.email)];
    // Learns the organization that it shows, so that each step below is one request.
    for (const browser of [one, other]) {
      await browser.post("/organization/cancel-invitation", { invitationId: "none" });
    }
    const act = (browser: Browser, id: string) =>
      deed === "demote"
        ? browser.post("/organization/update-member-role", { memberId: id, role: "member" })
        : browser.post("/organization/remove-member", { memberIdOrEmail: id });
    // Blocks writes until both requests have finished their reads.
    using blocker = new DatabaseSync(server.databasePath);
    blocker.exec("begin immediate");
    const transactions = vi.spyOn(server.store, "transaction");
    const both = Promise.all([act(one, targets[0] ?? ""), act(other, targets[1] ?? "")]);
    await eventually(() => transactions.mock.calls.length === 2, { describe: "both wait to write" });
    blocker.exec("rollback");
    const statuses = (await both).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400 || status === 403)).toHaveLength(1);
    expect((await membersOf(server)).filter(({ role }) => role === "owner")).toHaveLength(1);
    expect(await server.auditEvents()).toHaveLength(1);
  });

  it("remains if both leave at the same time", async () => {
    const server = await startPeopleServer();
    const owners = [await server.signedIn("owner"), await server.signedIn("owner")];
    const answers = await Promise.all(
      owners.map((owner) => owner.post("/organization/remove-member", { memberIdOrEmail: owner.email })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await membersOf(server)).map(({ role }) => role)).toEqual(["owner"]);
  });
});

describe("a removed member", () => {
  it("is in no organization, and after a return only once they choose it", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const member = await server.signedIn("member");
    await owner.post("/organization/remove-member", { memberIdOrEmail: member.email });
    const active = async () => (await member.graphql("{ viewer { activeOrganization { slug } } }")).data;
    expect(await active()).toEqual({ viewer: { activeOrganization: null } });
    const organizationId = (await server.store.organizations.find("acme"))?.id ?? "";
    expect((await member.post("/organization/set-active", { organizationId })).status).toBe(403);
    await server.manage(`mutation { addMember(email: "${member.email}") { id } }`);
    expect(await active()).toEqual({ viewer: { activeOrganization: null } });
    expect((await member.post("/organization/set-active", { organizationId })).status).toBe(200);
    expect(await active()).toEqual({ viewer: { activeOrganization: { slug: "acme" } } });
  });

  it("cannot act in the organization with their session", async () => {
    const server = await startPeopleServer();
    const [owner, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    await invite(admin, "a@example.com");
    await owner.post("/organization/remove-member", { memberIdOrEmail: admin.email });
    const late = await admin.post("/organization/invite-member", { email: "b@example.com", role: "member" });
    expect(late.status).toBeGreaterThanOrEqual(400);
    expect((await server.manage("{ invitations { email } }")).data).toEqual({ invitations: [] });
  });
});

it("every event carries the id of the person who acted", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const person = await server.store.people.byEmail(owner.email);
  await invite(owner, "nadia@example.com");
  await owner.graphql('mutation { createApiKey(input: { name: "x" }) { apiKey { id } } }');
  await server.createKey();
  const answer = await owner.graphql("{ auditEvents { action actorId } }");
  expect(answer.data).toEqual({
    auditEvents: [
      { action: "api_key.created", actorId: null },
      { action: "api_key.created", actorId: person?.id },
      { action: "member.invited", actorId: person?.id },
    ],
  });
});
