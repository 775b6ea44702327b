import { expect, it } from "vitest";
import { spanSecs } from "../../../../src/agent/systemd/unit/time-span.ts";

it.each([
  ["8", 8],
  ["1min 30s", 90],
  ["1min30", 90],
  ["1.5 h", 5400],
  ["2days", 172_800],
  ["250ms", 0.25],
  ["infinity", undefined],
  ["", undefined],
  ["-8", undefined],
  ["8 # nightly", undefined],
  ["3 parsecs", undefined],
])("a span of a unit in seconds: %j", (text, secs) => {
  expect(spanSecs(text)).toBe(secs);
});
