import { expect, it } from "vitest";
import { duration } from "../../src/lib/duration.ts";

it.each([
  [0, "0 s"],
  [-5, "0 s"],
  [340, "0.3 s"],
  [1000, "1 s"],
  [1500, "1.5 s"],
  [9949, "9.9 s"],
  [9950, "10 s"],
  [59_400, "59 s"],
  [59_500, "1 min"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [3_605_000, "1 h"],
  [3_660_000, "1 h 1 min"],
  [86_400_000, "1 d"],
  [86_400_000 * 12 + 3 * 3_600_000 + 59_000, "12 d 3 h"],
])("%i ms reads %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
