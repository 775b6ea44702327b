import { describe, expect, it } from "vitest";
import { ADMIN, type Browser, openBrowser, peopleEnv } from "../../../support/control-plane/people.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { type Replicas, startReplicas } from "../../../support/control-plane/replicas.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacksNginx } from "../../../support/nginx.ts";

const ORIGIN = "http://127.0.0.1:8080";

/** Signs in at one of the control planes, from a network. */
async function signIn(
  { planes }: Replicas,
  index: number,
  password: string,
  from: string,
  browser: Browser = openBrowser(planes[index % 2]?.url ?? "", ORIGIN),
): Promise<number> {
  const body = { email: ADMIN.email, password };
  return (await browser.post("/sign-in/email", body, { "x-forwarded-for": from })).status;
}

async function statuses(count: number, act: (n: number) => Promise<number>): Promise<readonly number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    found.push(await act(n));
  }
  return found;
}

describe.skipIf(lacksPostgres() || lacksNginx)("the limit of failed sign-ins of two control planes", () => {
  it("counts those at both together, blocks at both, and survives a restart", {
    timeout: 180_000,
  }, async () => {
    const replicas = await startReplicas(peopleEnv(ORIGIN));
    const wrong = (n: number, from: string) => signIn(replicas, n, "a wrong password", from);
    const right = (n: number, from: string) => signIn(replicas, n, ADMIN.password, from);
    const home = "198.51.100.7";
    expect(await statuses(5, (n) => wrong(n, home))).toEqual(Array(5).fill(401));
    expect(await statuses(2, (n) => right(n, home))).toEqual([429, 429]);

    const other = "203.0.113.8";
    expect(await statuses(4, (n) => wrong(n, other))).toEqual(Array(4).fill(401));
    expect(await right(1, other)).toBe(200);
    expect(await statuses(6, (n) => wrong(n, other)), "a success at one starts anew at both").toEqual([
      ...Array(5).fill(401),
      429,
    ]);

    expect(await replicas.planes[0].stop()).toBe(0);
    await replicas.again(0);
    expect(await statuses(2, (n) => right(n, home))).toEqual([429, 429]);
    const said = replicas.planes.flatMap(({ lines }) => lines).join("\n");
    expect(said).not.toContain(ADMIN.email);
  });

  it("counts wrong passwords at a change of the password together", {
    timeout: 180_000,
  }, async () => {
    const { planes } = await startReplicas(peopleEnv(ORIGIN));
    const browser = openBrowser(planes[0].url, ORIGIN);
    expect((await browser.signIn()).status).toBe(200);
    const cookie = browser.cookie ?? "";
    const change = async (n: number, currentPassword: string) => {
      const body = { currentPassword, newPassword: "a new password, long enough" };
      const at = openBrowser(planes[n % 2]?.url ?? "", ORIGIN);
      return (await at.post("/change-password", body, { cookie })).status;
    };
    expect(await statuses(5, (n) => change(n, "wrong"))).toEqual(Array(5).fill(400));
    expect(await statuses(2, (n) => change(n, ADMIN.password))).toEqual([429, 429]);
  });

  it("is not passed while the database is away: 503, which does not count", {
    timeout: 180_000,
  }, async () => {
    const replicas = await startReplicas(peopleEnv(ORIGIN));
    const home = "198.51.100.7";
    const [cut] = postgresEngine.outages;
    const end = await cut?.begin(replicas.database, []);
    for (let n = 0; n < 8; n += 1) {
      expect(await signIn(replicas, n, "a wrong password", home)).toBe(503);
    }
    await end?.();
    for (const index of [0, 1]) {
      const isBack = async () => (await signIn(replicas, index, ADMIN.password, "203.0.113.8")) === 200;
      await eventually(isBack, { timeoutMs: 60_000, describe: "sign-in works again" });
    }
    const tries = await statuses(6, (n) => signIn(replicas, n, "a wrong password", home));
    expect(tries).toEqual([...Array(5).fill(401), 429]);
  });
});
