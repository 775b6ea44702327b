import { describe, expect, it } from "vitest";
import { Flood } from "../../../src/lib/log/flood.ts";

function floodOf(burst: number, refillMs: number) {
  const clock = { now: 0 };
  const flood = new Flood({ burst, refillMs }, () => clock.now);
  const admitted = (times: number, subject = "a") =>
    Array.from({ length: times }, () => flood.admit(subject)).filter((left) => left !== undefined).length;
  return { clock, flood, admitted };
}

describe("a flood of one subject", () => {
  it("is let through in a burst, then once per refill, with the number of those held back", () => {
    const { clock, flood, admitted } = floodOf(3, 1000);
    expect(admitted(10)).toBe(3);
    clock.now = 999;
    expect(flood.admit("a")).toBeUndefined();
    clock.now = 1000;
    expect(flood.admit("a")).toBe(8);
    expect(flood.admit("a")).toBeUndefined();
    clock.now = 2000;
    expect(flood.admit("a")).toBe(1);
  });

  it("has one burst after a long silence, not what the whole silence would buy", () => {
    const { clock, admitted } = floodOf(3, 1000);
    expect(admitted(10)).toBe(3);
    clock.now = 1_000_000;
    expect(admitted(10)).toBe(3);
  });

  it("holds back no other one", () => {
    const { admitted } = floodOf(3, 1000);
    admitted(10);
    expect(admitted(10, "b")).toBe(3);
  });
});

describe("the memory of a flood", () => {
  it("is bounded: of ten thousand others, the one unused for longest is forgotten", () => {
    const { flood } = floodOf(1, 1000);
    flood.admit("old");
    flood.admit("used");
    for (let n = 0; n < 9998; n += 1) {
      flood.admit(`s${n}`);
    }
    // Ten thousand are remembered, so both are still held back.
    expect([flood.admit("old"), flood.admit("used")]).toEqual([undefined, undefined]);
    for (let n = 0; n < 9999; n += 1) {
      flood.admit(`t${n}`);
    }
    expect(flood.admit("used")).toBeUndefined();
    expect(flood.admit("old")).toBe(0);
  });
});
