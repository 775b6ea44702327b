import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  type Browser,
  type PageAnswer,
  type PeopleServer,
  startPeopleServer,
} from "../../../support/control-plane/people.ts";

const PASSWORD = "everybody's password in tests";
const NEW_PASSWORD = "another password of the same person";
const DAY_MS = 86_400_000;
const HERE = { "x-forwarded-for": "198.51.100.7" };

function signIn(browser: Browser, email: string, password = PASSWORD, headers = {}): Promise<PageAnswer> {
  return browser.post("/sign-in/email", { email, password }, { ...HERE, ...headers });
}

/** Blocks the account for this address, except on a known device. */
async function hold(server: PeopleServer, email: string): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    await signIn(server.browser(), email, `wrong password ${n}`);
  }
  expect((await signIn(server.browser(), email)).status).toBe(429);
}

function deviceCookie(answer: PageAnswer): string | undefined {
  return [answer.headers["set-cookie"] ?? []].flat().find((cookie) => cookie.includes("novacula.device"));
}

/** The Cookie header of a browser that has kept only the device cookie. */
function deviceOf(browser: Browser): string {
  return (browser.cookie ?? "").split("; ").find((cookie) => cookie.includes("novacula.device")) ?? "";
}

function withDatabase<Result>(server: PeopleServer, task: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(server.databasePath);
  try {
    return task(database);
  } finally {
    database.close();
  }
}

describe("a device that has signed in before", () => {
  it("can sign in while a hundred guesses from many addresses block the account for everybody else", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const device = deviceOf(owner);
    const guesses: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      const from = { "x-forwarded-for": `203.0.113.${n}` };
      guesses.push((await signIn(server.browser(), owner.email, `wrong password ${n}`, from)).status);
      if (n % 20 !== 19) {
        continue;
      }
      const known = await signIn(server.browser(), owner.email, PASSWORD, { cookie: device });
      expect(known.status).toBe(200);
    }
    expect(guesses.filter((status) => status === 401)).toHaveLength(25);
    expect(guesses.filter((status) => status === 429)).toHaveLength(75);
    expect((await signIn(server.browser(), owner.email)).status).toBe(429);
  }, 120_000);

  it.each([
    ["http://cp.test", /^novacula\.device=[\w-]{43}; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax$/],
    [
      "https://cp.test",
      /^__Host-novacula\.device=[\w-]{43}; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ],
  ])("is known by a cookie, set after a success alone (%s)", async (origin, shape) => {
    const server = await startPeopleServer({ origin });
    const owner = await server.signedIn("owner");
    expect(deviceCookie(await signIn(server.browser(), owner.email, "a wrong password"))).toBeUndefined();
    expect(deviceCookie(await server.browser().get("/api/auth/get-session"))).toBeUndefined();
    const first = deviceCookie(await signIn(server.browser(), owner.email));
    expect(first).toMatch(shape);
    const other = deviceCookie(await signIn(server.browser(), owner.email));
    expect(other).not.toBe(first);
    const again = deviceCookie(await owner.signIn(owner.email, PASSWORD));
    expect(again?.startsWith(`${deviceOf(owner)};`)).toBe(true);
  });

  it("is stored as a hash, and does not replace the password", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const device = deviceOf(owner);
    const secret = device.split("=")[1] ?? "";
    const rows = withDatabase(server, (database) => database.prepare("select * from signInDevice").all());
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(secret);
    const answer = await server.browser().graphql("{ viewer { user { email } } }", {}, { cookie: device });
    expect(answer.data).toEqual({ viewer: null });
    expect((await signIn(server.browser(), owner.email, "wrong", { cookie: device })).status).toBe(401);
  });

  it("counts for its own account only", async () => {
    const server = await startPeopleServer();
    const [owner, other] = [await server.signedIn("owner"), await server.signedIn("admin")];
    await hold(server, owner.email);
    const stolen = { cookie: deviceOf(other) };
    expect((await signIn(server.browser(), owner.email, PASSWORD, stolen)).status).toBe(429);
    for (const cookie of [
      "novacula.device=",
      "novacula.device=x",
      `novacula.device=${"A".repeat(43)}`,
      `${deviceOf(owner)}A`,
      deviceOf(owner).toUpperCase().replace("NOVACULA.DEVICE", "novacula.device"),
      `__Host-${deviceOf(owner)}`,
    ]) {
      expect((await signIn(server.browser(), owner.email, PASSWORD, { cookie })).status).toBe(429);
    }
    const own = { cookie: deviceOf(owner) };
    expect((await signIn(server.browser(), owner.email.toUpperCase(), PASSWORD, own)).status).toBe(200);
  });

  it("is replaced if somebody else signs in with the same browser", async () => {
    const server = await startPeopleServer();
    const [owner, other] = [await server.signedIn("owner"), await server.signedIn("admin")];
    const before = deviceOf(owner);
    await owner.signIn(other.email, PASSWORD);
    expect(deviceOf(owner)).not.toBe(before);
    await hold(server, other.email);
    const now = { cookie: deviceOf(owner) };
    expect((await signIn(server.browser(), other.email, PASSWORD, now)).status).toBe(200);
  });

  it("is blocked by its own failures, not by those of other devices", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const second = server.browser();
    await second.signIn(owner.email, PASSWORD);
    const cookie = deviceOf(owner);
    for (let n = 0; n < 5; n += 1) {
      expect((await signIn(server.browser(), owner.email, `wrong ${n}`, { cookie })).status).toBe(401);
    }
    const held = await signIn(server.browser(), owner.email, PASSWORD, { cookie });
    expect(held).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS" });
    const other = { cookie: deviceOf(second) };
    expect((await signIn(server.browser(), owner.email, PASSWORD, other)).status).toBe(200);
    // The device's failures do not count against the account.
    expect((await signIn(server.browser(), owner.email)).status).toBe(200);
    await server.passForFailures(Number(held.headers["retry-after"]) * 1000);
    expect((await signIn(server.browser(), owner.email, PASSWORD, { cookie })).status).toBe(200);
  });
});

describe("a device is forgotten", () => {
  it("180 days after its last sign-in", async () => {
    const server = await startPeopleServer();
    const [owner, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    const [kept, lost] = [{ cookie: deviceOf(owner) }, { cookie: deviceOf(admin) }];
    server.clock.offsetMs = 179 * DAY_MS;
    expect((await signIn(server.browser(), owner.email, PASSWORD, kept)).status).toBe(200);
    server.clock.offsetMs = 181 * DAY_MS;
    await hold(server, owner.email);
    await hold(server, admin.email);
    expect((await signIn(server.browser(), owner.email, PASSWORD, kept)).status).toBe(200);
    expect((await signIn(server.browser(), admin.email, PASSWORD, lost)).status).toBe(429);
  });

  it("when the password changes; the browser that changed it becomes a new device", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const elsewhere = server.browser();
    await elsewhere.signIn(owner.email, PASSWORD);
    const [own, other] = [deviceOf(owner), deviceOf(elsewhere)];
    const wrong = { currentPassword: "wrong", newPassword: NEW_PASSWORD };
    expect((await owner.post("/change-password", wrong)).status).toBe(400);
    expect(deviceOf(owner)).toBe(own);
    const right = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await owner.post("/change-password", right)).status).toBe(200);
    expect(deviceOf(owner)).not.toBe(own);
    await hold(server, owner.email);
    for (const cookie of [own, other]) {
      expect((await signIn(server.browser(), owner.email, NEW_PASSWORD, { cookie })).status).toBe(429);
    }
    const fresh = { cookie: deviceOf(owner) };
    expect((await signIn(server.browser(), owner.email, NEW_PASSWORD, fresh)).status).toBe(200);
  });

  it("when the operator resets the password, or when the person is removed from an organization", async () => {
    const server = await startPeopleServer();
    const [owner, admin, member] = [
      await server.signedIn("owner"),
      await server.signedIn("admin"),
      await server.signedIn("member"),
    ];
    const document = "mutation($email: String!) { resetPassword(email: $email) { password } }";
    const reset = await server.manage(document, { email: admin.email });
    const { resetPassword } = z
      .object({ resetPassword: z.object({ password: z.string() }) })
      .parse(reset.data);
    const { members } = z
      .object({ members: z.array(z.object({ id: z.string(), user: z.object({ email: z.string() }) })) })
      .parse((await owner.graphql("{ members { id user { email } } }")).data);
    const memberIdOrEmail = members.find(({ user }) => user.email === member.email)?.id ?? "";
    expect((await owner.post("/organization/remove-member", { memberIdOrEmail })).status).toBe(200);
    for (const [{ email }, password, device] of [
      [admin, resetPassword.password, deviceOf(admin)],
      [member, PASSWORD, deviceOf(member)],
    ] as const) {
      await hold(server, email);
      expect((await signIn(server.browser(), email, password, { cookie: device })).status).toBe(429);
    }
    await hold(server, owner.email);
    const own = { cookie: deviceOf(owner) };
    expect((await signIn(server.browser(), owner.email, PASSWORD, own)).status).toBe(200);
  });

  it("when ten other devices of the account have signed in after it", async () => {
    const server = await startPeopleServer();
    const [owner, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    const cookies = [deviceOf(owner)];
    for (let n = 0; n < 10; n += 1) {
      server.clock.offsetMs += 1000;
      const browser = server.browser();
      await signIn(browser, owner.email);
      cookies.push(deviceOf(browser));
    }
    const count = "select count(*) as devices from signInDevice group by userId order by devices";
    const counts = withDatabase(server, (database) => database.prepare(count).all());
    expect(counts.map((row) => row["devices"])).toEqual([1, 10]);
    await hold(server, owner.email);
    const statuses: number[] = [];
    for (const cookie of cookies.slice(0, 3)) {
      statuses.push((await signIn(server.browser(), owner.email, PASSWORD, { cookie })).status);
    }
    expect(statuses).toEqual([429, 200, 200]);
    await hold(server, admin.email);
    const other = { cookie: deviceOf(admin) };
    expect((await signIn(server.browser(), admin.email, PASSWORD, other)).status).toBe(200);
  });
});

it("an account from an invitation has its device from the start", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const invited = await owner.post("/organization/invite-member", { email: "n@example.com", role: "member" });
  const { id: invitationId } = z.object({ id: z.string() }).parse(invited.body);
  const invitee = server.browser();
  const acceptance = { invitationId, name: "N", password: PASSWORD };
  expect((await invitee.post("/invitation/accept-as-new", acceptance)).status).toBe(200);
  await hold(server, "n@example.com");
  const cookie = deviceOf(invitee);
  expect((await signIn(server.browser(), "n@example.com", PASSWORD, { cookie })).status).toBe(200);
});
