import { describe, expect, it } from "vitest";
import { type Attempt, SignInLimit } from "../../../../src/control-plane/people/sign-in/sign-in-limit.ts";

const MINUTE_MS = 60_000;
const WINDOW_MS = 15 * MINUTE_MS;
const MOST = 20_000;

function limitAt() {
  const clock = { now: 0 };
  const limit = new SignInLimit(() => clock.now);
  const allowed = (attempt: Attempt) =>
    attempt.kind === "allowed" ? attempt : expect.unreachable("it is limited");
  /** How many more failures are let through, at most `most`. */
  const left = (begin: () => Attempt, most = 60) => {
    let count = 0;
    while (count < most && begin().kind === "allowed") {
      count += 1;
    }
    return count;
  };
  const pair = () => limit.begin("a@x", "1.1.1.1");
  const device = (id: string) => () => limit.beginOnDevice(id);
  /** As many devices, with one failure each. */
  const strangers = (count: number, name = "stranger") => {
    for (let n = 0; n < count; n += 1) {
      limit.beginOnDevice(`${name} ${n}`);
    }
  };
  return { clock, limit, allowed, left, pair, device, strangers };
}

describe("a success", () => {
  it("starts a pair anew, and a device", () => {
    const { allowed, left, pair, device } = limitAt();
    expect(left(pair, 4)).toBe(4);
    allowed(pair()).succeeded();
    expect(left(pair)).toBe(5);
    expect(left(device("d"), 4)).toBe(4);
    allowed(device("d")()).succeeded();
    expect(left(device("d"))).toBe(5);
  });

  it("clears neither the failures of its network with other accounts nor those of its account elsewhere", () => {
    const { limit, allowed, left } = limitAt();
    let n = 0;
    const next = () => {
      n += 1;
      return n;
    };
    const fromNetwork = () => limit.begin(`${next()}@x`, "1.1.1.1");
    expect(left(fromNetwork, 49)).toBe(49);
    allowed(fromNetwork()).succeeded();
    expect(left(fromNetwork)).toBe(1);
    const ofAccount = () => limit.begin("owner@x", `10.0.0.${next()}`);
    expect(left(ofAccount, 24)).toBe(24);
    allowed(ofAccount()).succeeded();
    expect(left(ofAccount)).toBe(1);
  });

  it("leaves nothing behind if there was no failure", () => {
    const { limit, allowed, pair, device } = limitAt();
    allowed(pair()).succeeded();
    allowed(pair()).withdrawn();
    allowed(device("d")()).succeeded();
    expect(limit.size).toBe(0);
  });
});

describe("an attempt that was forgotten in the meantime", () => {
  it("takes no other one back when it is withdrawn", () => {
    const { clock, allowed, left, pair } = limitAt();
    const first = allowed(pair());
    clock.now = 1;
    allowed(pair()).succeeded();
    clock.now = 2;
    allowed(pair());
    first.withdrawn();
    expect(left(pair)).toBe(4);
  });
});

it("the wait is in whole seconds, and never too short", () => {
  const { clock, left, pair } = limitAt();
  left(pair);
  clock.now = 1500;
  expect(pair()).toEqual({ kind: "limited", retryAfterSeconds: 899 });
  clock.now = WINDOW_MS - 1;
  expect(pair()).toEqual({ kind: "limited", retryAfterSeconds: 1 });
  clock.now = WINDOW_MS;
  expect(pair().kind).toBe("allowed");
});

describe("when memory is full", () => {
  it("of 20,000 the oldest is remembered, and forgotten for one more", () => {
    const { limit, left, device, strangers } = limitAt();
    left(device("d"), 4);
    strangers(MOST - 1);
    expect(limit.size).toBe(MOST);
    expect(left(device("d"), 1)).toBe(1);
    expect(device("d")().kind).toBe("limited");
    const { limit: other, ...fresh } = limitAt();
    fresh.left(fresh.device("d"), 4);
    fresh.strangers(MOST);
    expect(other.size).toBe(MOST);
    expect(fresh.left(fresh.device("d"))).toBe(5);
  });

  it("it stays full of those that are blocked", () => {
    const { limit, left, device } = limitAt();
    left(device("first"));
    left(device("open"), 4);
    for (let n = 0; n < MOST; n += 1) {
      left(device(`blocked ${n}`));
    }
    expect(limit.size).toBe(MOST);
    expect(left(device("open")), "a new one counts all the same").toBe(5);
    expect(left(device("first")), "then the oldest of the blocked").toBe(5);
  });

  it("one whose block is over goes before one that may still reach its limit", () => {
    const { clock, limit, left, device, strangers } = limitAt();
    left(device("blocked"));
    clock.now = 10 * MINUTE_MS;
    left(device("open"), 4);
    strangers(MOST - 2);
    clock.now = WINDOW_MS;
    strangers(1, "late");
    expect(limit.size).toBe(MOST);
    expect(left(device("open"))).toBe(1);
  });

  it("one that is still blocked, or has a failure that counts, goes after them", () => {
    const { clock, left, device, strangers } = limitAt();
    for (let n = 0; n < 5; n += 1) {
      clock.now = n * MINUTE_MS;
      left(device("blocked"), 1);
    }
    strangers(MOST - 1);
    clock.now = WINDOW_MS + 2 * MINUTE_MS;
    strangers(1, "late");
    expect(left(device("blocked")), "two of its failures still count").toBe(3);
  });

  it("one whose failures are long ago is no longer among the blocked", () => {
    const { clock, left, device, strangers } = limitAt();
    left(device("d"), 4);
    clock.now = WINDOW_MS + 1;
    left(device("d"), 1);
    strangers(MOST);
    expect(left(device("d"))).toBe(5);
  });
});
