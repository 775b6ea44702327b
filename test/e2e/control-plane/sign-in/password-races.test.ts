import { DatabaseSync } from "node:sqlite";
import { hashPassword } from "better-auth/crypto";
import { expect, it, vi } from "vitest";
import {
  type Browser,
  type PageAnswer,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";

const OLD = "everybody's password in tests";
const CHOSEN = "a password that a thief chooses";
const RESET = "the password that the operator gives";
const VIEWER = "{ viewer { user { email } } }";

/**
 * Resets the password, as the operator does, after `work` has verified the old one and before it
 * can write.
 */
async function resetMeanwhile(
  server: PeopleServer,
  email: string,
  work: () => Promise<PageAnswer>,
): Promise<PageAnswer> {
  const hash = await hashPassword(RESET);
  using database = new DatabaseSync(server.databasePath);
  database.exec("begin immediate");
  const transactions = vi.spyOn(server.store, "transaction");
  const answer = work();
  await eventually(() => transactions.mock.calls.length > 0, {
    timeoutMs: 30_000,
    describe: "the old password is verified, and something is to be written",
  });
  const { id } = database.prepare("select id from user where email = ?").get(email) ?? {};
  database.prepare("update account set password = ? where userId = ?").run(hash, String(id));
  database.prepare("delete from session where userId = ?").run(String(id));
  database.exec("commit");
  return answer;
}

async function expectReset(server: PeopleServer, email: string, thief: Browser): Promise<void> {
  expect((await thief.graphql(VIEWER)).data).toEqual({ viewer: null });
  using database = new DatabaseSync(server.databasePath, { readOnly: true });
  expect(database.prepare("select count(*) as sessions from session").get()).toEqual({ sessions: 0 });
  expect((await server.browser().signIn(email, OLD)).status).toBe(401);
  expect((await server.browser().signIn(email, CHOSEN)).status).toBe(401);
  expect((await server.browser().signIn(email, RESET)).status).toBe(200);
}

it("a sign-in that verified the old password during its reset is refused", async () => {
  const server = await startPeopleServer();
  const { email } = await server.signedIn("owner");
  const thief = server.browser();
  const answer = await resetMeanwhile(server, email, () => thief.signIn(email, OLD));
  expect(answer).toMatchObject({
    status: 401,
    message: expect.stringContaining("was changed during this request"),
  });
  expect(answer.headers["set-cookie"]).toBeUndefined();
  await expectReset(server, email, thief);
});

it("a change that verified the old password during its reset does not undo the reset", async () => {
  const server = await startPeopleServer();
  const thief = await server.signedIn("owner");
  const body = { currentPassword: OLD, newPassword: CHOSEN };
  const answer = await resetMeanwhile(server, thief.email, () => thief.post("/change-password", body));
  expect(answer.status).toBe(401);
  await expectReset(server, thief.email, thief);
});

it("a change ends every session, including the one that made it, and begins a new one", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const copied = { cookie: owner.cookie ?? "" };
  const changed = await owner.post("/change-password", { currentPassword: OLD, newPassword: CHOSEN });
  expect(changed.status).toBe(200);
  expect(changed.text).not.toContain("token");
  expect((await owner.graphql(VIEWER)).data).toEqual({ viewer: { user: { email: owner.email } } });
  expect((await server.browser().graphql(VIEWER, {}, copied)).data).toEqual({ viewer: null });
  const wrong = await owner.post("/change-password", { currentPassword: OLD, newPassword: RESET });
  expect(wrong).toMatchObject({ status: 400, code: "INVALID_PASSWORD" });
  expect((await owner.graphql(VIEWER)).data).not.toEqual({ viewer: null });
});
