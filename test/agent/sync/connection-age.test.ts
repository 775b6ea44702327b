import { expect, it } from "vitest";
import { ConnectionAge } from "../../../src/agent/sync/connection-age.ts";

const MINUTE_MS = 60_000;

function aged(random: number) {
  let now = 0;
  const age = new ConnectionAge({ now: () => now, wall: (at) => at, fromWall: (at) => at }, () => random);
  return {
    age,
    at: (ms: number) => {
      now = ms;
    },
  };
}

it.each([
  [0, 4 * MINUTE_MS],
  [0.25, 4.5 * MINUTE_MS],
  [0.5, 5 * MINUTE_MS],
  [0.999, 5.998 * MINUTE_MS],
])("with chance %f a connection is replaced after %i ms, and not before", (random, end) => {
  const { age, at } = aged(random);
  age.restart();
  at(end - 1);
  expect(age.isOver()).toBe(false);
  at(end + 1);
  expect(age.isOver()).toBe(true);
  expect(age.isLongOver()).toBe(false);
  at(end + 30_001);
  expect(age.isLongOver()).toBe(true);
});

it("one that fails is replaced sooner, but a failure makes no connection live longer", () => {
  const { age, at } = aged(0);
  age.restart();
  age.note({ kind: "unreachable" });
  at(29_999);
  expect(age.isOver()).toBe(false);
  at(30_001);
  expect(age.isOver()).toBe(true);
  age.note({ kind: "unreachable" });
  expect(age.isOver()).toBe(true);
});

it.each(["refused", "forbidden"] as const)(
  "one over which an accepted executor is %s is replaced within 10 s, by chance, and once",
  (kind) => {
    const { age, at } = aged(0.7);
    age.restart();
    age.note({ kind: "accepted" });
    age.note({ kind });
    at(6999);
    expect(age.isOver()).toBe(false);
    at(7001);
    expect(age.isOver()).toBe(true);
    age.restart();
    age.note({ kind });
    at(MINUTE_MS);
    expect(age.isOver()).toBe(false);
  },
);
