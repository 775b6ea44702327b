import { expect } from "vitest";
import * as z from "zod";
import type { Role } from "../../../src/protocol/roles.ts";
import type { Browser, PeopleServer } from "./people.ts";

const PASSWORD = "a new person's password";
export const ACTIONS = "{ auditEvents { action actor targetName details } }";

export async function invite(browser: Browser, email: string, role: Role = "member"): Promise<string> {
  const answer = await browser.post("/organization/invite-member", { email, role });
  expect(answer.status).toBe(200);
  return z.object({ id: z.string() }).parse(answer.body).id;
}

export function acceptAsNew(server: PeopleServer, invitationId: string) {
  return server
    .browser()
    .post("/invitation/accept-as-new", { invitationId, name: "Nadia", password: PASSWORD });
}

const listed = z.object({
  members: z.array(z.object({ id: z.string(), role: z.string(), user: z.object({ email: z.string() }) })),
});

export async function membersOf(server: PeopleServer) {
  const answer = await server.manage('{ members(organization: "acme") { id role user { email } } }');
  return listed.parse(answer.data).members;
}

export async function memberId(server: PeopleServer, email: string): Promise<string> {
  return (await membersOf(server)).find(({ user }) => user.email === email)?.id ?? "none";
}

export async function roleOf(server: PeopleServer, email: string): Promise<string | undefined> {
  return (await membersOf(server)).find(({ user }) => user.email === email)?.role;
}

export async function changeRole(server: PeopleServer, browser: Browser, email: string, role: Role) {
  return browser.post("/organization/update-member-role", { memberId: await memberId(server, email), role });
}
