import { describe, expect, it } from "vitest";
import { newerThan } from "../../../../src/agent/daemon/resources/newer-key.ts";
import type { Clock } from "../../../../src/lib/clock.ts";

const URL_ = "https://cp.example.com";
const clock: Clock = { now: () => 0, wall: (at) => at + 1000, fromWall: (at) => at - 1000 };
const key = (fingerprint: string, acceptedAt?: number, url = URL_) => ({ url, fingerprint, acceptedAt });

describe("the key that replaced another one", () => {
  it("is the last that was accepted after it, at a moment of the clock", () => {
    const old = key("old", 2000);
    const keys = [key("b", 5000), old, key("a", 3000), key("refused")];
    expect(newerThan(old, keys, clock)).toEqual({ fingerprint: "b", acceptedAt: 4000 });
    expect(newerThan(key("b", 5000), keys, clock)).toBeUndefined();
  });

  it("is none of another control plane, and none of a key that was never accepted", () => {
    const elsewhere = [key("x", 9000, "https://other.example.com")];
    expect(newerThan(key("old", 2000), elsewhere, clock)).toBeUndefined();
    expect(newerThan(key("new"), [key("b", 5000)], clock)).toBeUndefined();
  });
});
