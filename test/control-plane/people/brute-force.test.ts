import { describe, expect, it } from "vitest";
import { networkOf } from "../../../src/control-plane/people/auth-request.ts";
import { SignInLimit } from "../../../src/control-plane/people/sign-in-limit.ts";
import { ADMIN, startPeopleServer } from "../../support/people.ts";

const MINUTE_MS = 60_000;
const PASSWORD = "everybody's password in tests";

function failures(limit: SignInLimit, account: string, addresses: readonly string[]): string[] {
  return addresses.map((address) => limit.begin(account, address).kind);
}

describe("the limit", () => {
  it("holds an account from one address after 5 failures, for what is left of 15 minutes", () => {
    let now = 1_000_000;
    const limit = new SignInLimit(() => now);
    expect(failures(limit, "a@x", Array(5).fill("1.1.1.1"))).toEqual(Array(5).fill("allowed"));
    now += 5 * MINUTE_MS;
    expect(limit.begin(" A@X ", "1.1.1.1")).toEqual({ kind: "limited", retryAfterSeconds: 600 });
    expect(limit.begin("a@x", "2.2.2.2").kind).toBe("allowed");
    expect(limit.begin("b@x", "1.1.1.1").kind).toBe("allowed");
    now += 10 * MINUTE_MS + 1;
    expect(limit.begin("a@x", "1.1.1.1").kind).toBe("allowed");
  });

  it("holds an account after 25 failures from anywhere, and an address after 50 of any account", () => {
    const limit = new SignInLimit(() => 0);
    const many = Array.from({ length: 25 }, (_, n) => `10.0.0.${n}`);
    expect(new Set(failures(limit, "a@x", many))).toEqual(new Set(["allowed"]));
    expect(limit.begin("a@x", "10.9.9.9").kind).toBe("limited");
    const accounts = Array.from({ length: 51 }, (_, n) => limit.begin(`${n}@x`, "9.9.9.9").kind);
    expect(accounts.filter((kind) => kind === "limited")).toHaveLength(1);
  });

  it("forgets the pair when it succeeds, and keeps what others did to the account", () => {
    const limit = new SignInLimit(() => 0);
    failures(
      limit,
      "a@x",
      Array(24)
        .fill("")
        .map((_, n) => `10.0.0.${n % 6}`),
    );
    const attempt = limit.begin("a@x", "10.0.0.99");
    if (attempt.kind === "allowed") attempt.succeeded();
    expect(limit.begin("a@x", "10.0.0.98").kind).toBe("allowed");
    expect(limit.begin("a@x", "10.0.0.97").kind).toBe("limited");
  });

  it("remembers no more than a bounded number of them", () => {
    const limit = new SignInLimit(() => 0);
    for (let n = 0; n < 30_000; n += 1) limit.begin(`${n}@x`, `address ${n}`);
    expect(limit.size).toBeLessThanOrEqual(20_000);
  });
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:DB8:0001::9", "2001:db8:1:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["", ""],
])("the address %s counts as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

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
    expect(answer).toMatchObject({ status: 400, code: "PASSWORD_TOO_SHORT" });
  });
});
