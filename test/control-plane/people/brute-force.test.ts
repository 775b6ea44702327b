import { describe, expect, it } from "vitest";
import { ADMIN, startPeopleServer } from "../../support/people.ts";

const PASSWORD = "everybody's password in tests";

describe("signing in", () => {
  it("answers 429 with Retry-After after five wrong passwords, to the right one too, and no longer than it says", async () => {
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
    server.clock.offsetMs = seconds * 1000;
    expect((await server.browser().signIn(email, PASSWORD)).status).toBe(200);
  });

  it("counts attempts that are made at the same time", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => server.browser().signIn(email, `wrong password ${n}`)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  it("tells nobody whether an account exists: the same words, the same limit, the same work", async () => {
    const server = await startPeopleServer();
    const { email } = await server.signedIn("owner");
    const ask = async (account: string) => {
      const started = performance.now();
      const { status, text } = await server.browser().signIn(account, "a wrong password");
      return { status, text, tookMs: performance.now() - started };
    };
    const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
    for (let n = 0; n < 5; n += 1) {
      const known = await ask(email);
      const unknown = await ask("nobody@example.com");
      expect({ ...unknown, tookMs: 0 }).toEqual({ ...known, tookMs: 0 });
      times.known.push(known.tookMs);
      times.unknown.push(unknown.tookMs);
    }
    // scrypt takes tens of milliseconds and everything else one or two: without it, unknown would be a tenth of known.
    expect(Math.min(...times.unknown)).toBeGreaterThan(Math.min(...times.known) / 3);
    expect((await ask(email)).status).toBe(429);
    expect((await ask("nobody@example.com")).status).toBe(429);
  });

  it("holds an address through every account, as a proxy on this host reports it", async () => {
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
    for (let n = 0; n < 51; n += 1) statuses.push((await attempt(`${n}@example.com`, "198.51.100.7")).status);
    expect(statuses.slice(0, 50)).toEqual(Array(50).fill(401));
    expect(statuses[50]).toBe(429);
    expect((await attempt("1@example.com", "198.51.100.8")).status).toBe(401);
  });

  it("leaves no password in the log, nor an address book", async () => {
    const server = await startPeopleServer();
    await server.browser().signIn(ADMIN.email, "a wrong password that nobody may see");
    const { email } = await server.signedIn("owner");
    const said = [...server.lines, ...server.people.lines].join("\n");
    expect(said).not.toContain("nobody may see");
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(email);
  });

  it("guards the change of a password in the same way", async () => {
    const server = await startPeopleServer();
    const browser = await server.signedIn("owner");
    const change = (currentPassword: string) =>
      browser.post("/change-password", { currentPassword, newPassword: "a new password, long enough" });
    for (let n = 0; n < 5; n += 1) expect((await change(`wrong ${n}`)).status).toBe(400);
    expect((await change(PASSWORD)).status).toBe(429);
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
      message: "newPassword: want a password of 12 to 128 characters",
    });
  });
});
