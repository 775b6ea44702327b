import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import type { TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import {
  type Browser,
  openBrowser,
  startPeopleServer,
  startWithPeople,
} from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const PASSWORD = "a new person's password";
const TRIALS = 6;

/** Records and their audit events, read in one statement and so from one state of the database. */
const STATE = `select
  (select count(*) from invitation) as invitations,
  (select count(*) from auditEvent where action = 'member.invited') as invitedEvents,
  (select count(*) from invitation where status = 'canceled') as canceled,
  (select count(*) from auditEvent where action = 'member.invitation_canceled') as canceledEvents,
  (select count(*) from invitation where status = 'accepted') as accepted,
  (select count(*) from auditEvent where action = 'member.joined') as joinedEvents,
  (select count(*) from member) as members,
  (select count(*) from auditEvent where action = 'member.removed') as removedEvents,
  (select group_concat(role, ' ') from (select role from member order by userId)) as roles,
  (select group_concat(role, ' ') from (select coalesce(
    (select json_extract(e.details, '$.role') from auditEvent e join user u on u.id = m.userId
      where e.targetId in (u.id, u.email) and e.action in ('member.joined', 'member.role_changed')
      order by e.sequence desc limit 1), m.role) as role from member m order by m.userId)) as rolesByEvents`;
const state = z.object({
  invitations: z.number(),
  invitedEvents: z.number(),
  canceled: z.number(),
  canceledEvents: z.number(),
  accepted: z.number(),
  joinedEvents: z.number(),
  members: z.number(),
  removedEvents: z.number(),
  roles: z.string(),
  rolesByEvents: z.string(),
});

function disagreement(found: z.output<typeof state>, firstMembers: number): string | undefined {
  if (found.invitations !== found.invitedEvents) {
    return "invited";
  }
  if (found.canceled !== found.canceledEvents) {
    return "canceled";
  }
  if (found.accepted !== found.joinedEvents) {
    return "joined";
  }
  if (found.members !== firstMembers + found.joinedEvents - found.removedEvents) {
    return "removed";
  }
  return found.roles === found.rolesByEvents ? undefined : "role";
}

function idOf({ body }: { readonly body: unknown }): string {
  return z.object({ id: z.string() }).parse(body).id;
}

async function memberIdOf(browser: Browser, email: string): Promise<string> {
  const answer = await browser.graphql("{ members { id user { email } } }");
  const { members } = z
    .object({ members: z.array(z.object({ id: z.string(), user: z.object({ email: z.string() }) })) })
    .parse(answer.data);
  return members.find(({ user }) => user.email === email)?.id ?? "none";
}

it("no state of the database has a change without its event, or an event without its change", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const database = new DatabaseSync(server.databasePath, { readOnly: true });
  const look = database.prepare(STATE);
  const found: string[] = [];
  const seen = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const now = state.parse(look.get());
      seen.add(JSON.stringify(now));
      found.push(...[disagreement(now, 1) ?? []].flat());
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let round = 0; round < 5; round += 1) {
    const invite = async (email: string) =>
      idOf(await owner.post("/organization/invite-member", { email, role: "member" }));
    await invite(`replaced-${round}@example.com`);
    const canceled = await invite(`replaced-${round}@example.com`);
    await owner.post("/organization/cancel-invitation", { invitationId: canceled });
    const email = `nadia-${round}@example.com`;
    const invitationId = await invite(email);
    const nadia = server.browser();
    await nadia.post("/invitation/accept-as-new", { invitationId, name: "Nadia", password: PASSWORD });
    const memberId = await memberIdOf(owner, email);
    await owner.post("/organization/update-member-role", { memberId, role: "admin" });
    await nadia.post("/organization/invite-member", { email: `by-${email}`, role: "admin" });
    await owner.post("/organization/remove-member", { memberIdOrEmail: memberId });
    const again = await invite(email);
    await nadia.post("/organization/accept-invitation", { invitationId: again });
  }
  isOver = true;
  await looking;
  expect(found).toEqual([]);
  const last = state.parse(look.get());
  database.close();
  expect(last).toMatchObject({ invitations: 25, canceled: 15, accepted: 10, members: 6, removedEvents: 5 });
  expect(seen.size).toBeGreaterThan(20);
});

/** Changes a member's role again and again until the control plane is gone. */
async function changeRoles(owner: Browser, memberId: string, note: () => void): Promise<void> {
  for (let round = 0; ; round += 1) {
    const role = round % 2 === 0 ? "admin" : "member";
    const answer = await owner.post("/organization/update-member-role", { memberId, role });
    expect(answer.status).toBe(200);
    note();
  }
}

async function addSomebody(controlPlane: TestControlPlane): Promise<{ owner: Browser; memberId: string }> {
  const owner = openBrowser(controlPlane.url);
  await owner.signIn();
  const email = "somebody@example.com";
  const invitationId = idOf(await owner.post("/organization/invite-member", { email, role: "member" }));
  const joined = await openBrowser(controlPlane.url).post("/invitation/accept-as-new", {
    invitationId,
    name: "Somebody",
    password: PASSWORD,
  });
  expect(joined.status).toBe(200);
  return { owner, memberId: await memberIdOf(owner, email) };
}

it("after kill -9 either both a role and its event are stored, or neither", {
  timeout: 120_000,
}, async () => {
  const directory = tempDir();
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const controlPlane = await startWithPeople({ directory });
    onTestFinished(() => controlPlane.kill());
    if (trial === 0) {
      await addSomebody(controlPlane);
    }
    const owner = openBrowser(controlPlane.url);
    expect((await owner.signIn()).status).toBe(200);
    const memberId = await memberIdOf(owner, "somebody@example.com");
    let acknowledged = 0;
    const before = eventsAndRole(controlPlane.databasePath);
    const changing = changeRoles(owner, memberId, () => {
      acknowledged += 1;
    });
    const ended = Promise.allSettled([changing]);
    await eventually(() => acknowledged > 5 + trial, { describe: "some changes are acknowledged" });
    await controlPlane.kill();
    await ended;
    const after = eventsAndRole(controlPlane.databasePath);
    expect(after.role).toBe(after.lastRole);
    // The last change may be stored but not answered. Setting the same role is not a change.
    expect(after.events - before.events).toBeGreaterThanOrEqual(acknowledged - 1);
    expect(after.events - before.events).toBeLessThanOrEqual(acknowledged + 1);
  }
});

function eventsAndRole(path: string) {
  using database = new DatabaseSync(path);
  const sql = `select (select count(*) from auditEvent where action = 'member.role_changed') as events,
    (select role from member m join user u on u.id = m.userId where u.email = 'somebody@example.com') as role,
    (select json_extract(details, '$.role') from auditEvent where action in ('member.joined', 'member.role_changed')
      order by sequence desc limit 1) as lastRole`;
  return z
    .object({ events: z.number(), role: z.string(), lastRole: z.string() })
    .parse(database.prepare(sql).get());
}
