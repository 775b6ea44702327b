import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attempt, SignInLimit } from "../../../../src/control-plane/people/sign-in/sign-in-limit.ts";
import { failureForms, type OpenFailures } from "../../../support/control-plane/store/failure-forms.ts";

const MINUTE_MS = 60_000;
const WINDOW_MS = 15 * MINUTE_MS;

function allowed(attempt: Attempt) {
  return attempt.kind === "allowed" ? attempt : expect.unreachable("it is limited");
}

/** How many more failures are let through, at most `most`. */
async function left(begin: (n: number) => Promise<Attempt>, most = 60): Promise<number> {
  for (let count = 0; count < most; count += 1) {
    if ((await begin(count)).kind === "limited") {
      return count;
    }
  }
  return most;
}

describe.each(failureForms)("failed attempts, counted $name", { timeout: 180_000 }, ({ open }) => {
  let opened: OpenFailures;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  async function limitOf() {
    const limit = new SignInLimit(await opened.empty());
    return { ...opened, limit, pair: () => limit.of("a@x", "1.1.1.1").begin() };
  }

  it("block an account for one network after 5, for the rest of 15 minutes", async () => {
    const { limit, pair, pass } = await limitOf();
    const before = performance.now();
    expect(await left(pair)).toBe(5);
    await pass(5 * MINUTE_MS);
    const attempt = await limit.of(" A@X ", "1.1.1.1").begin();
    const ranSeconds = Math.ceil((performance.now() - before) / 1000);
    const seconds = attempt.kind === "limited" ? attempt.retryAfterSeconds : 0;
    expect(Number.isInteger(seconds)).toBe(true);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(seconds).toBeGreaterThanOrEqual(600 - ranSeconds);
    expect((await limit.of("a@x", "2.2.2.2").begin()).kind).toBe("allowed");
    expect((await limit.of("b@x", "1.1.1.1").begin()).kind).toBe("allowed");
    await pass(10 * MINUTE_MS);
    expect((await pair()).kind).toBe("allowed");
  });

  it("are looked up without counting one more", async () => {
    const { limit, pair } = await limitOf();
    expect(await left(pair, 4)).toBe(4);
    expect(await limit.of("a@x", "1.1.1.1").blocked()).toBeUndefined();
    expect(await left(pair)).toBe(1);
    expect(await limit.of(" A@X", "1.1.1.1").blocked()).toMatchObject({ kind: "limited" });
    expect(await limit.of("a@x", "2.2.2.2").blocked()).toBeUndefined();
    expect(await limit.ofDevice("d").blocked()).toBeUndefined();
    await left(() => limit.ofDevice("d").begin());
    expect(await limit.ofDevice("d").blocked()).toMatchObject({ kind: "limited" });
  });

  it("block an account after 25 from anywhere, and a network after 50 with any account", async () => {
    const { limit } = await limitOf();
    expect(await left((n) => limit.of("a@x", `10.0.0.${n}`).begin())).toBe(25);
    expect(await left((n) => limit.of(`${n}@x`, "9.9.9.9").begin())).toBe(50);
    expect((await limit.of("a@x", "10.9.9.9").begin()).kind).toBe("limited");
    expect((await limit.of("b@x", "10.9.9.9").begin()).kind).toBe("allowed");
  });

  it("are counted if they begin at the same time", async () => {
    const { pair } = await limitOf();
    const kinds = (await Promise.all(Array.from({ length: 12 }, pair))).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "allowed")).toHaveLength(5);
  });

  it("of a pair or a device are forgotten once it succeeds", async () => {
    const { limit, pair } = await limitOf();
    const device = () => limit.ofDevice("d").begin();
    for (const begin of [pair, device]) {
      expect(await left(begin, 4)).toBe(4);
      await allowed(await begin()).succeeded();
      expect(await left(begin)).toBe(5);
    }
  });

  it("of a network with other accounts, and of an account elsewhere, are kept at a success", async () => {
    const { limit } = await limitOf();
    const fromNetwork = (n: number) => limit.of(`${n}@x`, "1.1.1.1").begin();
    expect(await left(fromNetwork, 49)).toBe(49);
    await allowed(await fromNetwork(50)).succeeded();
    expect(await left((n) => fromNetwork(60 + n))).toBe(1);
    const ofAccount = (n: number) => limit.of("owner@x", `10.0.0.${n}`).begin();
    expect(await left(ofAccount, 24)).toBe(24);
    await allowed(await ofAccount(50)).succeeded();
    expect(await left((n) => ofAccount(60 + n))).toBe(1);
  });

  it("do not count if they are withdrawn", async () => {
    const { pair } = await limitOf();
    expect(await left(pair, 4)).toBe(4);
    for (let n = 0; n < 6; n += 1) {
      await allowed(await pair()).withdrawn();
    }
    expect(await left(pair)).toBe(1);
  });

  it("leave nothing behind if there was no failure", async () => {
    const { limit, pair, size } = await limitOf();
    await allowed(await pair()).succeeded();
    await allowed(await pair()).withdrawn();
    await allowed(await limit.ofDevice("d").begin()).succeeded();
    expect(await size()).toBe(0);
  });

  it("take no other one back if they were forgotten in the meantime", async () => {
    const { pair, pass } = await limitOf();
    const first = allowed(await pair());
    await pass(1);
    await allowed(await pair()).succeeded();
    await pass(1);
    allowed(await pair());
    await first.withdrawn();
    expect(await left(pair)).toBe(4);
  });

  it("of a device are its own: others do not block it, and it does not unblock them", async () => {
    const { limit, pass } = await limitOf();
    await left((n) => limit.of("a@x", `10.0.0.${n}`).begin());
    expect(await left(() => limit.ofDevice("d1").begin())).toBe(5);
    await allowed(await limit.ofDevice("d2").begin()).succeeded();
    expect((await limit.of("a@x", "10.1.1.1").begin()).kind).toBe("limited");
    await pass(WINDOW_MS);
    expect((await limit.ofDevice("d1").begin()).kind).toBe("allowed");
  });

  it("expire one by one", async () => {
    const { pair, pass } = await limitOf();
    for (let n = 0; n < 5; n += 1) {
      allowed(await pair());
      await pass(MINUTE_MS);
    }
    expect((await pair()).kind).toBe("limited");
    await pass(WINDOW_MS - 3.5 * MINUTE_MS);
    expect(await left(pair)).toBe(2);
  });

  it("that are ahead of the clock, which was set back, count for as long as others", async () => {
    const { limit, pair, pass } = await limitOf();
    await left(pair);
    await pass(-WINDOW_MS / 3);
    expect((await pair()).kind).toBe("limited");
    await left(() => limit.ofDevice("d").begin());
    await pass(-2 * WINDOW_MS);
    expect((await pair()).kind).toBe("allowed");
  });
});
