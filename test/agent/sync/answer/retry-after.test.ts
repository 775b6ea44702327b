import { expect, it } from "vitest";
import { httpDateMs, retryAfterMs } from "../../../../src/agent/sync/answer/retry-after.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

it.each([
  ["1", 1000],
  [" 30 ", 30_000],
  ["600", 600_000],
  ["601", 600_000],
  ["999999999999", 600_000],
  ["Sat, 21 Nov 2026 12:00:20 GMT", 20_000],
  ["Sat, 21 Nov 2026 13:00:00 GMT", 600_000],
])("%s asks to wait %i ms", (text, expected) => {
  expect(retryAfterMs(text, NOW_MS)).toBe(expected);
});

it.each([
  undefined,
  "",
  "0",
  "-5",
  "1.5",
  "1e3",
  "0x10",
  "soon",
  "9999999999999",
  "2026-11-21",
  "Sat, 21 Nov 2026 12:00:00 GMT",
  "Sat, 21 Nov 2026 11:00:00 GMT",
  "Sat, 99 Nov 2026 11:00:00 GMT",
  "30, 40",
])("%s asks for nothing", (text) => {
  expect(retryAfterMs(text, NOW_MS)).toBeUndefined();
});

it("an HTTP date is read in the one form that a server may send", () => {
  expect(httpDateMs("Sat, 21 Nov 2026 12:00:00 GMT")).toBe(NOW_MS);
  expect(httpDateMs("21 Nov 2026")).toBeUndefined();
  expect(httpDateMs("1")).toBeUndefined();
});
