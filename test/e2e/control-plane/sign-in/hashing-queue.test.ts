import { availableParallelism } from "node:os";
import { setTimeout as pause, setImmediate as settled } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { inHashingQueue } from "../../../../src/control-plane/people/sign-in/password-hashing.ts";
import {
  type PageAnswer,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";
import { eventually } from "../../../support/eventually.ts";

const PASSWORD = "everybody's password in tests";
const NEW_PASSWORD = "another password of the same person";
const AT_A_TIME = Math.max(1, Math.min(2, availableParallelism() - 1));
const VIEWER = "{ viewer { user { email } } }";
const BUSY = { status: 503, code: "OVERLOADED", message: expect.stringContaining("try again") };

/** Occupies every hashing slot until the returned function is called. */
async function occupyQueue(): Promise<() => Promise<void>> {
  const ends: (() => void)[] = [];
  const held = Array.from({ length: AT_A_TIME }, () =>
    inHashingQueue({ kind: "operator" }, () => new Promise<void>((resolve) => ends.push(resolve))),
  );
  await settled();
  const release = async () => {
    for (const end of ends) {
      end();
    }
    await Promise.all(held);
  };
  onTestFinished(release);
  return release;
}

/** Answers in the order in which they arrived. */
function watched(answers: readonly Promise<PageAnswer>[]): readonly PageAnswer[] {
  const come: PageAnswer[] = [];
  for (const answer of answers) {
    void answer.then((one) => come.push(one));
  }
  return come;
}

/** So many round trips that requests which are refused at once have been answered. */
async function roundTrips(server: PeopleServer): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    await server.browser().get("/api/auth/get-session");
  }
}

function wrongSignIn(server: PeopleServer, account: string, from: string) {
  const body = { email: account, password: "a wrong password" };
  return server.browser().post("/sign-in/email", body, { "x-forwarded-for": from });
}

describe("while every hashing slot is occupied", () => {
  it("syncs, pages, sessions and the operator's queries are answered as usual", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const key = await server.createKey();
    const release = await occupyQueue();
    // The same person, on another connection.
    const page = { cookie: owner.cookie ?? "" };
    const waiting = owner.signIn(owner.email, PASSWORD);
    const come = watched([waiting]);
    for (let n = 0; n < 5; n += 1) {
      expect((await server.sync(key.secret)).status).toBe(200);
      const answer = await server.browser().graphql(VIEWER, {}, page);
      expect(answer.data).toEqual({ viewer: { user: { email: owner.email } } });
      expect((await server.browser().get("/api/auth/get-session")).status).toBe(200);
      expect((await server.manage("{ people { email } }")).status).toBe(200);
    }
    expect(come).toEqual([]);
    await release();
    expect((await waiting).status).toBe(200);
  });

  it("one sign-in of each network waits; the others are told to retry, and do not count as failures", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const release = await occupyQueue();
    const answers = Array.from({ length: 10 }, () => wrongSignIn(server, email, "198.51.100.7"));
    const come = watched(answers);
    await eventually(() => come.length === 9, { describe: "all but one were answered" });
    const busy = [...come];
    await release();
    const all = await Promise.all(answers);
    expect(all.filter(({ status }) => status === 401)).toHaveLength(1);
    for (const answer of busy) {
      expect(answer).toMatchObject(BUSY);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    }
    // One of five allowed failures has happened.
    const from = { "x-forwarded-for": "198.51.100.7" };
    const right = await server.browser().post("/sign-in/email", { email, password: PASSWORD }, from);
    expect(right.status).toBe(200);
  });

  it("a network has one place, however its addresses are written", async () => {
    const server = await startPeopleServer();
    const release = await occupyQueue();
    const networks = [
      ["198.51.100.7", "198.51.100.7:40001", "::ffff:198.51.100.7", "[::ffff:c633:6407]:443"],
      ["2001:db8:1:2::1", "[2001:db8:1:2::1]:443", "2001:DB8:1:3:0::9", "2001:db8:1:ff:1:2:3:4"],
    ].flat();
    const answers = networks.map((from, n) => wrongSignIn(server, `${n}@example.com`, from));
    const come = watched(answers);
    await eventually(() => come.length === 6, { describe: "all but two were answered" });
    expect(come.map(({ status }) => status)).toEqual(Array(6).fill(503));
    await release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
    expect(statuses).toEqual([401, 401, ...Array(6).fill(503)]);
  });

  it("half of the places are reserved for devices", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const release = await occupyQueue();
    const answers = Array.from({ length: 40 }, (_, n) =>
      wrongSignIn(server, `${n}@example.com`, `198.51.100.${n}`),
    );
    const come = watched(answers);
    await eventually(() => come.length === 24, { describe: "all but 16 were answered" });
    expect(come.map(({ status }) => status)).toEqual(Array(24).fill(503));
    const stranger = await wrongSignIn(server, "late@example.com", "203.0.113.1");
    expect(stranger).toMatchObject(BUSY);
    const known = owner.signIn(owner.email, PASSWORD);
    const order = watched([known, ...answers.slice(0, 40)]);
    await settled();
    await release();
    expect((await known).status).toBe(200);
    // It overtook requests that arrived earlier.
    expect(order.filter(({ status }) => status === 401).length).toBeLessThan(16);
    await Promise.all(answers);
  });

  it("everything else that hashes a password waits too, including the operator's reset", async () => {
    const server = await startPeopleServer();
    const [owner, member] = [await server.signedIn("owner"), await server.signedIn("member")];
    const invited = await owner.post("/organization/invite-member", {
      email: "new@example.com",
      role: "member",
    });
    const { id: invitationId } = z.object({ id: z.string() }).parse(invited.body);
    const release = await occupyQueue();
    const page = { cookie: owner.cookie ?? "" };
    const change = owner.post(
      "/change-password",
      { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      { "x-forwarded-for": "198.51.100.1" },
    );
    const acceptance = server
      .browser()
      .post(
        "/invitation/accept-as-new",
        { invitationId, name: "New", password: NEW_PASSWORD },
        { "x-forwarded-for": "198.51.100.2" },
      );
    const reset = server.manage("mutation($email: String!) { resetPassword(email: $email) { password } }", {
      email: member.email,
    });
    let come = 0;
    for (const answer of [change, acceptance, reset]) {
      void answer.then(() => (come += 1));
    }
    // Time enough for many hashes. A slow machine cannot make this fail: none may have happened.
    await pause(2000);
    expect((await server.browser().graphql(VIEWER, {}, page)).text).toContain(owner.email);
    expect(come).toBe(0);
    await release();
    const answers = await Promise.all([change, acceptance, reset]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("malformed or blocked requests and wrong links are refused at once, without a place in the queue", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    for (let n = 0; n < 5; n += 1) {
      await wrongSignIn(server, email, "198.51.100.7");
    }
    const release = await occupyQueue();
    expect((await wrongSignIn(server, email, "198.51.100.7")).status).toBe(429);
    expect((await wrongSignIn(server, "no address", "198.51.100.7")).status).toBe(400);
    const link = { invitationId: "nothing", name: "Nobody", password: NEW_PASSWORD };
    expect(await server.browser().post("/invitation/accept-as-new", link)).toMatchObject({
      status: 400,
      code: "NOT_FOUND",
    });
    const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await server.browser().post("/change-password", change)).status).toBe(401);
    const waiting = wrongSignIn(server, "other@example.com", "198.51.100.7");
    await settled();
    await release();
    expect((await waiting).status).toBe(401);
  });

  it("a client that goes away frees its place", async () => {
    const server = await startPeopleServer();
    const release = await occupyQueue();
    const gone = new AbortController();
    const from = "198.51.100.7";
    const body = JSON.stringify({ email: "a@example.com", password: "a wrong password" });
    const headers = { origin: "http://cp.test", "content-type": "application/json", "x-forwarded-for": from };
    const left = fetchAbortable(server.url, headers, body, gone.signal);
    await roundTrips(server);
    expect(await wrongSignIn(server, "b@example.com", from)).toMatchObject(BUSY);
    gone.abort();
    await left;
    const next = await eventually(
      async () => {
        const answer = wrongSignIn(server, "c@example.com", from);
        const come = watched([answer]);
        await roundTrips(server);
        return come.length === 0 && { answer };
      },
      { describe: "the place is free again" },
    );
    await release();
    expect((await next.answer).status).toBe(401);
  });
});

async function fetchAbortable(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  await fetch(`${url}/api/auth/sign-in/email`, { method: "POST", headers, body, signal }).catch(() => {});
}
