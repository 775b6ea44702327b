import { expect, it } from "vitest";
import { reminderDue } from "../../../../src/agent/daemon/narration/reminder.ts";

const MINUTE = 60_000;

/** When reminders come, minutes after the beginning, for one look every `everyMs`. */
function reminders(everyMs: number, minutes: number): number[] {
  const found: number[] = [];
  for (let at = everyMs; at <= minutes * MINUTE; at += everyMs) {
    if (reminderDue(0, at - everyMs, at)) {
      found.push(at / MINUTE);
    }
  }
  return found;
}

it("comes after 1, 5 and 15 minutes, then each hour", () => {
  expect(reminders(1000, 4 * 60)).toEqual([1, 5, 15, 60, 120, 180, 240]);
});

it("comes once where one look passes several of them", () => {
  expect(reminders(20 * MINUTE, 60)).toEqual([20, 60]);
  expect(reminderDue(0, 0, 10 * 60 * MINUTE)).toBe(true);
});

it("ten hours of looks at any distance are at most 13", () => {
  for (const everyMs of [700, 5000, 14_321, 60_000, 3_700_000]) {
    expect(reminders(everyMs, 600).length).toBeLessThanOrEqual(13);
  }
});
