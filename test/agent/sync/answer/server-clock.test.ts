import { expect, it } from "vitest";
import { createServerClock } from "../../../../src/agent/sync/answer/server-clock.ts";
import { systemClock } from "../../../../src/lib/clock.ts";

it("goes on from the last answer by a clock that nobody sets", () => {
  let monotonicMs = 1000;
  const clock = createServerClock({ ...systemClock, now: () => monotonicMs });
  expect(clock.now()).toBeUndefined();
  clock.set(5_000_000);
  monotonicMs += 250;
  expect(clock.now()).toBe(5_000_250);
  clock.set(undefined);
  expect(clock.now()).toBe(5_000_250);
});
