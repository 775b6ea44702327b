import { expect, it } from "vitest";
import * as z from "zod";
import { startPeopleServer } from "../../../support/control-plane/people.ts";

const EVENTS = "{ auditEvents { action actor targetType targetId targetName details source } }";

it("records who invited, joined, changed and removed whom, without links", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner", "acme", "olga@example.com");
  const known = await server.signedIn("member", "acme", "known@example.com");
  const invite = async (email: string) =>
    z
      .object({ id: z.string() })
      .parse((await owner.post("/organization/invite-member", { email, role: "member" })).body).id;
  const [canceled, accepted] = [await invite("no@example.com"), await invite("nadia@example.com")];
  await owner.post("/organization/cancel-invitation", { invitationId: canceled });
  const nadia = server.browser();
  const password = "a new person's password";
  await nadia.post("/invitation/accept-as-new", { invitationId: accepted, name: "Nadia", password });
  const members = await owner.graphql("{ members { id user { id email } } }");
  const [member] = z
    .object({
      members: z.array(z.object({ id: z.string(), user: z.object({ id: z.string(), email: z.string() }) })),
    })
    .parse(members.data)
    .members.filter(({ user }) => user.email === known.email);
  await owner.post("/organization/update-member-role", { memberId: member?.id, role: "admin" });
  await owner.post("/organization/remove-member", { memberIdOrEmail: known.email });
  const olga = { actor: "owner <olga@example.com>", source: "page", targetType: "person" };
  const answer = await owner.graphql(EVENTS);
  const ofKnown = { ...olga, targetId: member?.user.id, targetName: known.email };
  const ofNadia = { targetType: "person", targetId: "nadia@example.com", targetName: "nadia@example.com" };
  const ofNo = {
    ...olga,
    targetId: "no@example.com",
    targetName: "no@example.com",
    details: '{"role":"member"}',
  };
  expect(answer.data).toEqual({
    auditEvents: [
      { ...ofKnown, action: "member.removed", details: '{"role":"admin"}' },
      { ...ofKnown, action: "member.role_changed", details: '{"role":"admin"}' },
      {
        ...ofNadia,
        action: "member.joined",
        actor: "Nadia <nadia@example.com>",
        source: "page",
        details: '{"role":"member"}',
      },
      { ...ofNo, action: "member.invitation_canceled" },
      { ...olga, ...ofNadia, action: "member.invited", details: '{"role":"member"}' },
      { ...ofNo, action: "member.invited" },
    ],
  });
  for (const id of [canceled, accepted]) {
    expect(answer.text).not.toContain(id);
  }
});

it("does not record refused requests", async () => {
  const server = await startPeopleServer();
  const member = await server.signedIn("member");
  await member.post("/organization/invite-member", { email: "a@example.com", role: "member" });
  await member.post("/organization/remove-member", { memberIdOrEmail: "nobody@example.com" });
  expect((await member.graphql(EVENTS)).data).toEqual({ auditEvents: [] });
});

it("records the acceptance by somebody who had an account", async () => {
  const server = await startPeopleServer();
  await server.createOrganization("bravo");
  const owner = await server.signedIn("owner");
  const known = await server.signedIn("member", "bravo", "known@example.com");
  const invited = await owner.post("/organization/invite-member", { email: known.email, role: "admin" });
  const { id } = z.object({ id: z.string() }).parse(invited.body);
  expect((await known.post("/organization/accept-invitation", { invitationId: id })).status).toBe(200);
  const events = await owner.graphql("{ auditEvents(limit: 1) { action actor details } }");
  expect(events.data).toEqual({
    auditEvents: [
      { action: "member.joined", actor: "member <known@example.com>", details: '{"role":"admin"}' },
    ],
  });
});
