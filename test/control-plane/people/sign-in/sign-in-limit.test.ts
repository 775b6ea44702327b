import { describe, expect, it } from "vitest";
import { SignInLimit } from "../../../../src/control-plane/people/sign-in/sign-in-limit.ts";

const MINUTE_MS = 60_000;

function failures(limit: SignInLimit, account: string, networks: readonly string[]): string[] {
  return networks.map((network) => limit.begin(account, network).kind);
}

function from(count: number, network: (n: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, n) => network(n));
}

describe("the limit", () => {
  it("blocks an account for one network after 5 failures, for the rest of 15 minutes", () => {
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

  it("blocks an account after 25 failures from anywhere, and a network after 50 with any account", () => {
    const limit = new SignInLimit(() => 0);
    expect(
      new Set(
        failures(
          limit,
          "a@x",
          from(25, (n) => `10.0.0.${n}`),
        ),
      ),
    ).toEqual(new Set(["allowed"]));
    expect(limit.begin("a@x", "10.9.9.9").kind).toBe("limited");
    const accounts = Array.from({ length: 51 }, (_, n) => limit.begin(`${n}@x`, "9.9.9.9").kind);
    expect(accounts.filter((kind) => kind === "limited")).toHaveLength(1);
  });

  it("clears the failures of a pair when it succeeds, and keeps those of others with the account", () => {
    const limit = new SignInLimit(() => 0);
    failures(
      limit,
      "a@x",
      from(24, (n) => `10.0.0.${n % 6}`),
    );
    const attempt = limit.begin("a@x", "10.0.0.99");
    if (attempt.kind === "allowed") {
      attempt.succeeded();
    }
    expect(limit.begin("a@x", "10.0.0.98").kind).toBe("allowed");
    expect(limit.begin("a@x", "10.0.0.97").kind).toBe("limited");
  });

  it("does not count withdrawn attempts, and counts all others", () => {
    const limit = new SignInLimit(() => 0);
    failures(limit, "a@x", Array(4).fill("1.1.1.1"));
    for (let n = 0; n < 30; n += 1) {
      const attempt = limit.begin("a@x", "1.1.1.1");
      expect(attempt.kind).toBe("allowed");
      if (attempt.kind === "allowed") {
        attempt.withdrawn();
      }
    }
    expect(limit.begin("a@x", "1.1.1.1").kind).toBe("allowed");
    expect(limit.begin("a@x", "1.1.1.1").kind).toBe("limited");
  });

  it("counts a device separately: it is blocked by its own failures only", () => {
    let now = 0;
    const limit = new SignInLimit(() => now);
    failures(
      limit,
      "a@x",
      from(26, (n) => `10.0.0.${n}`),
    );
    const devices = from(6, () => "d1").map((id) => limit.beginOnDevice(id).kind);
    expect(devices).toEqual([...Array(5).fill("allowed"), "limited"]);
    const other = limit.beginOnDevice("d2");
    expect(other.kind).toBe("allowed");
    if (other.kind === "allowed") {
      other.succeeded();
    }
    expect(limit.begin("a@x", "10.1.1.1").kind).toBe("limited");
    now += 15 * MINUTE_MS;
    expect(limit.beginOnDevice("d1").kind).toBe("allowed");
  });
});

describe("the memory of the limit", () => {
  it("is bounded", () => {
    const limit = new SignInLimit(() => 0);
    for (let n = 0; n < 10_000; n += 1) {
      limit.begin(`${n}@x`, `network ${n}`);
    }
    expect(limit.size).toBeLessThanOrEqual(20_000);
    for (let n = 0; n < 10_000; n += 1) {
      failures(limit, `h${n}@x`, Array(5).fill(`n${n}`));
    }
    expect(limit.size).toBeLessThanOrEqual(20_000);
  });

  it("keeps blocked accounts, networks and pairs longest", () => {
    let now = 0;
    const limit = new SignInLimit(() => now);
    failures(
      limit,
      "owner@x",
      from(25, (n) => `10.0.0.${n}`),
    );
    failures(limit, "admin@x", Array(5).fill("10.1.1.1"));
    for (let n = 0; n < 50; n += 1) {
      limit.begin(`${n}@y`, "10.2.2.2");
    }
    for (let n = 0; n < 20_000; n += 1) {
      limit.begin(`${n}@z`, `network ${n}`);
    }
    expect(limit.begin("owner@x", "10.9.9.9").kind).toBe("limited");
    expect(limit.begin("admin@x", "10.1.1.1").kind).toBe("limited");
    expect(limit.begin("new@y", "10.2.2.2").kind).toBe("limited");
    now += 15 * MINUTE_MS;
    expect(limit.begin("owner@x", "10.9.9.9").kind).toBe("allowed");
  });

  it("has room for new failures once blocks are over", () => {
    let now = 0;
    const limit = new SignInLimit(() => now);
    for (let n = 0; n < 20_000; n += 1) {
      failures(limit, `${n}@x`, Array(5).fill(`network ${n}`));
    }
    now += 16 * MINUTE_MS;
    expect(failures(limit, "a@x", Array(6).fill("1.1.1.1")).at(-1)).toBe("limited");
    for (let n = 0; n < 9000; n += 1) {
      limit.begin(`${n}@y`, `late ${n}`);
    }
    expect(limit.begin("a@x", "1.1.1.1").kind).toBe("limited");
  });
});
