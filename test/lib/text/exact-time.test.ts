import { describe, expect, it } from "vitest";
import { exactTime, withExactTimes } from "../../../src/lib/text/exact-time.ts";

describe("withExactTimes", () => {
  it.each([
    ["revoked at 2026-11-29T10:17:58.123Z", [Date.UTC(2026, 10, 29, 10, 17, 58)]],
    ["expired at 2026-11-29 10:17:58 UTC", [Date.UTC(2026, 10, 29, 10, 17, 58)]],
    ["from 2026-02-28T00:00:00Z to 2027-01-01T00:00:00.000Z.", [Date.UTC(2026, 1, 28), Date.UTC(2027, 0, 1)]],
  ])("turns each time of the control plane into one of the reader: %s", (text, times) => {
    const found = withExactTimes(text);
    expect(found).not.toMatch(/\dT\d|\d{4}-\d\d-/);
    for (const at of times) {
      expect(found).toContain(exactTime(at));
    }
  });

  it.each(["key 2026-11-29", "the key 251101 is revoked", "2026-13-77T99:99:99Z", "2026-11-29 10:17:58", ""])(
    "leaves %j",
    (text) => {
      expect(withExactTimes(text)).toBe(text);
    },
  );
});
