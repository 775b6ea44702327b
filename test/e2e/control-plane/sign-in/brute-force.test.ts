import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ADMIN, startPeopleServer } from "../../../support/control-plane/people.ts";

const PASSWORD = "everybody's password in tests";

describe("signing in", () => {
  it("answers 429 with Retry-After after five wrong passwords, even to the right one, until that time is over", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    for (let n = 0; n < 5; n += 1) {
      expect(await server.browser().signIn(email, `wrong password ${n}`)).toMatchObject({ status: 401 });
    }
    const limited = await server.browser().signIn(email, PASSWORD);
    expect(limited).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS" });
    const seconds = Number(limited.headers["retry-after"]);
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    await server.passForFailures(seconds * 1000);
    expect((await server.browser().signIn(email, PASSWORD)).status).toBe(200);
  });

  it("counts attempts that are made at the same time", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const guessTwelve = () =>
      Promise.all(
        Array.from({ length: 12 }, (_, n) => server.browser().signIn(email, `wrong password ${n}`)),
      );
    // Attempts without a place in the queue are not tried, and may be repeated.
    const statuses: number[] = [];
    while (
      statuses.length < 120 &&
      (statuses.length === 0 || statuses.slice(-12).some((status) => status !== 429))
    ) {
      statuses.push(...(await guessTwelve()).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.slice(-12)).toEqual(Array(12).fill(429));
  });

  it("blocks for the announced time, whatever the wall clock is set to", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    for (let n = 0; n < 5; n += 1) {
      await server.browser().signIn(email, `wrong password ${n}`);
    }
    for (const hours of [-24, -1, 1, 24]) {
      server.people.wall.offsetMs = hours * 3_600_000;
      expect((await server.browser().signIn(email, PASSWORD)).status).toBe(429);
    }
  });

  it("recognizes an address in every spelling that a proxy uses", async () => {
    const server = await startPeopleServer();
    const attempt = (account: string, from: string) => {
      const body = { email: account, password: "a wrong password" };
      return server.browser().post("/sign-in/email", body, { "x-forwarded-for": `192.0.2.1, ${from}` });
    };
    for (const [account, ...spellings] of [
      [
        "a@example.com",
        ...Array.from({ length: 3 }, (_, n) => `203.0.113.8:4000${n}`),
        "::ffff:203.0.113.8",
        "[::FFFF:cb00:7108]:443",
        "203.0.113.8",
      ],
      [
        "b@example.com",
        "[2001:db8:1:2::1]:443",
        "2001:DB8:1:2:0:0:0:2",
        "2001:0db8:0001:0002::3",
        "2001:db8:1:3::1",
        "[2001:db8:1:ff::1]",
        "2001:db8:1:2::1",
      ],
    ] as const) {
      const statuses: number[] = [];
      for (const from of spellings) {
        statuses.push((await attempt(account, from)).status);
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    }
    expect((await attempt("b@example.com", "2001:db8:1:100::1")).status).toBe(401);
    expect((await attempt("a@example.com", "203.0.113.9")).status).toBe(401);
    const written = server.people.lines.filter((line) => line.includes('"sign-in.refused"'));
    // People type passwords where the account belongs.
    expect(server.people.lines.join("\n")).not.toContain("@example.com");
    const addresses = written.map(
      (line) => z.object({ address: z.string() }).parse(JSON.parse(line)).address,
    );
    expect(new Set(addresses)).toEqual(
      new Set([
        "203.0.113.8",
        "203.0.113.9",
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2::3",
        "2001:db8:1:3::1",
        "2001:db8:1:ff::1",
        "2001:db8:1:100::1",
      ]),
    );
  });

  it("neither counts malformed requests nor forgets failures because of them", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    for (let n = 0; n < 5; n += 1) {
      await server.browser().signIn(email, `wrong password ${n}`);
    }
    const browser = server.browser();
    for (let n = 0; n < 60; n += 1) {
      for (const body of [
        { email: `nobody ${n}`, password: "a wrong password" },
        { email: { toString: null }, password: n },
        { email: `${n}@example.com` },
        { email: `${n}@example.com`, password: "x".repeat(1000) },
        { email: `${n}@example.com`, password: "a wrong password", more: 1 },
        [],
      ]) {
        expect((await browser.post("/sign-in/email", body)).status).toBe(400);
      }
    }
    expect((await browser.signIn("other@example.com", "a wrong password")).status).toBe(401);
    expect((await browser.signIn(email, PASSWORD)).status).toBe(429);
  });

  it("does not reveal whether an account exists: same words, same limit, same work", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const ask = async (account: string) => {
      const before = process.cpuUsage();
      const { status, text } = await server.browser().signIn(account, "a wrong password");
      // The processor time of this process, so that other programs do not count.
      const { user, system } = process.cpuUsage(before);
      return { status, text, workMs: (user + system) / 1000 };
    };
    const work: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
    for (let n = 0; n < 5; n += 1) {
      const known = await ask(email);
      const unknown = await ask("nobody@example.com");
      expect({ ...unknown, workMs: 0 }).toEqual({ ...known, workMs: 0 });
      work.known.push(known.workMs);
      work.unknown.push(unknown.workMs);
    }
    // scrypt takes tens of milliseconds, everything else one or two. Without a hash, an unknown
    // account would take a tenth of the time.
    expect(Math.min(...work.unknown)).toBeGreaterThan(Math.min(...work.known) / 3);
    expect((await ask(email)).status).toBe(429);
    expect((await ask("nobody@example.com")).status).toBe(429);
  });

  it("blocks an address for every account, as a proxy on this host reports it", async () => {
    const server = await startPeopleServer();
    const attempt = (account: string, from: string) =>
      server
        .browser()
        .post(
          "/sign-in/email",
          { email: account, password: "wrong" },
          { "x-forwarded-for": `203.0.113.77, ${from}` },
        );
    const statuses: number[] = [];
    for (let n = 0; n < 51; n += 1) {
      statuses.push((await attempt(`${n}@example.com`, "198.51.100.7")).status);
    }
    expect(statuses.slice(0, 50)).toEqual(Array(50).fill(401));
    expect(statuses[50]).toBe(429);
    expect((await attempt("1@example.com", "198.51.100.8")).status).toBe(401);
  });

  it("logs neither passwords nor e-mail addresses", async () => {
    const server = await startPeopleServer();
    await server.browser().signIn(ADMIN.email, "a wrong password that nobody may see");
    const { email } = await server.signedIn("owner");
    const said = [...server.lines, ...server.people.lines].join("\n");
    expect(said).not.toContain("nobody may see");
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(email);
  });

  it("limits changes of a password in the same way, whatever other cookies there are", async () => {
    const server = await startPeopleServer();
    const browser = await server.signedIn("owner");
    const change = (currentPassword: string, cookie = browser.cookie ?? "") => {
      const body = { currentPassword, newPassword: "a new password, long enough" };
      return browser.post("/change-password", body, { cookie });
    };
    const own = browser.cookie ?? "";
    expect((await change("wrong", `junk=0; ${own}`)).status).toBe(400);
    expect((await change("wrong", `${own}; junk=1`)).status).toBe(400);
    expect((await change("wrong", ` junk=2;;${own};`)).status).toBe(400);
    expect((await change("wrong", `junk; ${own.replace("; ", ";  ")}`)).status).toBe(400);
    // Another session of the same person does not start at zero.
    await browser.signIn(browser.email, PASSWORD);
    expect((await change("wrong")).status).toBe(400);
    expect((await change(PASSWORD)).status).toBe(429);
    expect((await change(PASSWORD, `junk=9; ${own}`)).status).toBe(429);
    const other = await server.signedIn("admin");
    const body = { currentPassword: PASSWORD, newPassword: "a new password, long enough" };
    expect((await other.post("/change-password", body)).status).toBe(200);
  });

  it("does not count a change of a password without a session", async () => {
    const server = await startPeopleServer();
    const body = { currentPassword: PASSWORD, newPassword: "a new password, long enough" };
    for (let n = 0; n < 60; n += 1) {
      const cookie = `better-auth.session_token=invented${n}`;
      expect((await server.browser().post("/change-password", body, { cookie })).status).toBe(401);
    }
    const browser = await server.signedIn("owner");
    expect((await browser.post("/change-password", body)).status).toBe(200);
  });

  it("refuses a short new password", async () => {
    const server = await startPeopleServer();
    const browser = await server.signedIn("owner");
    const answer = await browser.post("/change-password", {
      currentPassword: PASSWORD,
      newPassword: "short",
    });
    expect(answer).toMatchObject({
      status: 400,
      message: "newPassword: must be a password of 12 to 128 characters",
    });
  });
});
