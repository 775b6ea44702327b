import { DatabaseSync } from "node:sqlite";
import { expect, it, vi } from "vitest";
import * as z from "zod";
import { invite } from "../../../support/control-plane/membership.ts";
import {
  type Browser,
  PASSWORD,
  type PageAnswer,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";

const STATE =
  "{ viewer { user { name } sessions { id isCurrent } } members { role } apiKeys { name } invitations { email } }";
const state = z.object({
  viewer: z.object({ sessions: z.array(z.object({ id: z.string(), isCurrent: z.boolean() })) }),
});

interface Changed {
  readonly browser: Browser;
  readonly server: PeopleServer;
  /** Of the person's other session, which ends this one. */
  readonly otherSession: string;
  readonly organizationId: string;
  readonly invitationId: string;
}

type Change = (changed: Changed) => Promise<PageAnswer>;

const CHANGES: Readonly<Record<string, Change>> = {
  "signs nobody out": ({ browser }) => browser.post("/account/end-other-sessions", {}),
  "does not end the session that ended it": ({ browser, otherSession }) =>
    browser.post("/account/end-session", { sessionId: otherSession }),
  "renames nobody": ({ browser }) => browser.post("/account/rename", { name: "Mallory" }),
  "changes no password": ({ browser }) =>
    browser.post("/change-password", { currentPassword: PASSWORD, newPassword: "a whole new password" }),
  "invites nobody": ({ browser }) =>
    browser.post("/organization/invite-member", { email: "mallory@example.com", role: "admin" }),
  "leaves no organization": ({ browser }) => browser.post("/organization/leave", {}),
  "joins no organization": ({ browser, invitationId }) =>
    browser.post("/organization/accept-invitation", { invitationId }),
  "switches no organization": ({ browser, organizationId }) =>
    browser.post("/organization/set-active", { organizationId }),
  "creates no key": ({ browser }) =>
    browser.graphql('mutation { createApiKey(input: { name: "mallory" }) { secret } }'),
};

/** Ends the session after the request has been let in, and before it can write. */
async function endedMeanwhile(
  server: PeopleServer,
  sessionId: string,
  work: () => Promise<PageAnswer>,
): Promise<PageAnswer> {
  using database = new DatabaseSync(server.databasePath);
  database.exec("begin immediate");
  const transactions = vi.spyOn(server.store, "transaction");
  const answer = work();
  await eventually(() => transactions.mock.calls.length > 0, { describe: "the request waits to write" });
  database.prepare("delete from session where id = ?").run(sessionId);
  database.exec("commit");
  transactions.mockRestore();
  return answer;
}

it.each(Object.entries(CHANGES))("a session that ends while its request waits %s", async (_what, change) => {
  const server = await startPeopleServer();
  await server.createOrganization("bravo");
  await server.signedIn("owner");
  const first = await server.signedIn("owner");
  const browser = server.browser();
  await browser.signIn(first.email, PASSWORD);
  const invitationId = await invite(await server.signedIn("owner", "bravo"), first.email);
  // Learns the organization that it shows, so that the change is one request.
  await browser.post("/organization/cancel-invitation", { invitationId: "none" });
  const sessions = state.parse((await browser.graphql(STATE)).data).viewer.sessions;
  const [own, other] = [sessions.find((one) => one.isCurrent), sessions.find((one) => !one.isCurrent)];
  const before = (await first.graphql(STATE)).data;
  using database = new DatabaseSync(server.databasePath);
  const { id } = database.prepare("select id from organization where slug = 'acme'").get() ?? {};
  const changed = {
    browser,
    server,
    otherSession: other?.id ?? "",
    organizationId: String(id),
    invitationId,
  };
  const answer = await endedMeanwhile(server, own?.id ?? "", () => change(changed));
  expect(answer).toMatchObject({
    code: "UNAUTHENTICATED",
    message: expect.stringMatching(/you are not signed in/),
  });
  const { viewer, ...rest } = z.looseObject({ viewer: z.looseObject({}) }).parse(before);
  expect((await first.graphql(STATE)).data).toEqual({
    ...rest,
    viewer: { ...viewer, sessions: [{ id: other?.id, isCurrent: true }] },
  });
  expect((await server.browser().signIn(first.email, PASSWORD)).status).toBe(200);
});
