import { expect, it } from "vitest";
import { createFlood } from "../../../src/agent/journal/flood.ts";

const MINUTE = 60_000;

it("lets an event that flaps through twenty times, then once in five minutes, and counts the rest", () => {
  let now = 0;
  const flood = createFlood(() => now);
  const first = Array.from({ length: 30 }, () => flood.admit("control-plane.unreachable"));
  expect(first.filter((left) => left === 0)).toHaveLength(20);
  expect(first.slice(20)).toEqual(Array.from({ length: 10 }, () => undefined));
  now = 5 * MINUTE;
  expect(flood.admit("control-plane.unreachable")).toBe(10);
  expect(flood.admit("control-plane.unreachable")).toBeUndefined();
});

it("is calm again after a calm time", () => {
  let now = 0;
  const flood = createFlood(() => now);
  for (let count = 0; count < 50; count += 1) {
    flood.admit("key.refused");
  }
  // Longer than twenty lines take: a quiet day buys no flood.
  now = 1000 * MINUTE;
  const admitted = Array.from({ length: 25 }, () => flood.admit("key.refused"));
  expect(admitted.filter((left) => left !== undefined)).toHaveLength(20);
});

it("one event's flood does not hold back another, and what cannot flap is never held back", () => {
  const flood = createFlood(() => 0);
  for (let count = 0; count < 50; count += 1) {
    flood.admit("control-plane.unreachable");
  }
  expect(flood.admit("control-plane.recovered")).toBe(0);
  for (let count = 0; count < 50; count += 1) {
    expect(flood.admit("key.rotated")).toBe(0);
  }
});
