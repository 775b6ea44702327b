import { describe, expect, it } from "vitest";
import { MemoryFailures } from "../../../../src/control-plane/people/sign-in/memory-failures.ts";
import { SignInLimit } from "../../../../src/control-plane/people/sign-in/sign-in-limit.ts";
import { StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";

const MINUTE_MS = 60_000;
const WINDOW_MS = 15 * MINUTE_MS;
const MOST = 20_000;

function limitAt() {
  // Not zero, which a fault could take for no time at all.
  const clock = { now: 1 };
  const failures = new MemoryFailures(() => clock.now);
  const limit = new SignInLimit(failures);
  /** How many more failures of a device are let through, at most `most`. */
  const left = async (id: string, most = 60) => {
    let count = 0;
    while (count < most && (await limit.ofDevice(id).begin()).kind === "allowed") {
      count += 1;
    }
    return count;
  };
  /** As many devices, with one failure each. */
  const strangers = async (count: number, name = "stranger") => {
    for (let n = 0; n < count; n += 1) {
      await limit.ofDevice(`${name} ${n}`).begin();
    }
  };
  return { clock, failures, limit, left, strangers };
}

describe("the memory of failures", () => {
  it("is bounded, whatever accounts and networks are invented", async () => {
    const { limit, failures } = limitAt();
    for (let n = 0; n < MOST / 2; n += 1) {
      await limit.of(`${n}@x`, `network ${n}`).begin();
    }
    expect(failures.size).toBe(MOST);
  });

  it("keeps blocked accounts, networks and pairs longest", async () => {
    const { clock, limit } = limitAt();
    for (let n = 0; n < 25; n += 1) {
      await limit.of("owner@x", `10.0.0.${n}`).begin();
    }
    for (let n = 0; n < 5; n += 1) {
      await limit.of("admin@x", "10.1.1.1").begin();
    }
    for (let n = 0; n < 50; n += 1) {
      await limit.of(`${n}@y`, "10.2.2.2").begin();
    }
    for (let n = 0; n < MOST; n += 1) {
      await limit.of(`${n}@z`, `network ${n}`).begin();
    }
    expect((await limit.of("owner@x", "10.9.9.9").begin()).kind).toBe("limited");
    expect((await limit.of("admin@x", "10.1.1.1").begin()).kind).toBe("limited");
    expect((await limit.of("new@y", "10.2.2.2").begin()).kind).toBe("limited");
    clock.now += WINDOW_MS;
    expect((await limit.of("owner@x", "10.9.9.9").begin()).kind).toBe("allowed");
  });

  it("of 20,000 has the oldest, and forgets it for one more", async () => {
    const { failures, left, strangers } = limitAt();
    await left("d", 4);
    await strangers(MOST - 1);
    expect(failures.size).toBe(MOST);
    expect(await left("d", 1)).toBe(1);
    expect(await left("d", 1)).toBe(0);
    const other = limitAt();
    await other.left("d", 4);
    await other.strangers(MOST);
    expect(other.failures.size).toBe(MOST);
    expect(await other.left("d")).toBe(5);
  });

  it("stays full of those that are blocked", async () => {
    const { failures, left } = limitAt();
    await left("first");
    await left("open", 4);
    for (let n = 0; n < MOST; n += 1) {
      await left(`blocked ${n}`);
    }
    expect(failures.size).toBe(MOST);
    expect(await left("open"), "a new one counts, too").toBe(5);
    expect(await left("first"), "then the oldest of the blocked").toBe(5);
  });

  it("has room for new failures once blocks are over", async () => {
    const { clock, left, strangers } = limitAt();
    for (let n = 0; n < MOST; n += 1) {
      await left(`blocked ${n}`);
    }
    clock.now += WINDOW_MS + MINUTE_MS;
    expect(await left("d")).toBe(5);
    await strangers(MOST - 2000, "late");
    expect(await left("d")).toBe(0);
  });

  it("forgets one whose block is over before one that may still reach its limit", async () => {
    const { clock, failures, left, strangers } = limitAt();
    await left("blocked");
    clock.now = 10 * MINUTE_MS;
    await left("open", 4);
    await strangers(MOST - 2);
    clock.now = WINDOW_MS + 1;
    await strangers(1, "late");
    expect(failures.size).toBe(MOST);
    expect(await left("open")).toBe(1);
  });

  it("forgets one that is still blocked, or has a failure that counts, after them", async () => {
    const { clock, left, strangers } = limitAt();
    for (let n = 0; n < 5; n += 1) {
      clock.now = n * MINUTE_MS;
      await left("blocked", 1);
    }
    await strangers(MOST - 1);
    clock.now = WINDOW_MS + 2 * MINUTE_MS;
    await strangers(1, "late");
    expect(await left("blocked"), "two of its failures still count").toBe(3);
  });

  it("does not count one among the blocked whose failures are long ago", async () => {
    const { clock, left, strangers } = limitAt();
    await left("d", 4);
    clock.now = WINDOW_MS + 2;
    await left("d", 1);
    await strangers(MOST);
    expect(await left("d")).toBe(5);
  });
});

describe("a limit", () => {
  it("asks to wait for whole seconds, and never too few", async () => {
    const { clock, limit, left } = limitAt();
    await left("d");
    clock.now += 1500;
    expect(await limit.ofDevice("d").begin()).toEqual({ kind: "limited", retryAfterSeconds: 899 });
  });

  it("keeps an attempt that cannot be taken back, and hides no bug", async () => {
    const { failures } = limitAt();
    let failure: Error | undefined;
    const limit = new SignInLimit({
      find: (subjects) => failures.find(subjects),
      change: (subjects, decide) =>
        failure === undefined ? failures.change(subjects, decide) : Promise.reject(failure),
    });
    const attempt = await limit.ofDevice("d").begin();
    if (attempt.kind !== "allowed") {
      return expect.unreachable("it is limited");
    }
    failure = new StoreUnavailable("down");
    await attempt.succeeded();
    expect(failures.size).toBe(1);
    failure = new Error("a bug");
    await expect(attempt.withdrawn()).rejects.toThrow("a bug");
  });
});
