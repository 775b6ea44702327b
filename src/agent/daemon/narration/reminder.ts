const STEPS_MS = [60_000, 300_000, 900_000, 3_600_000];
const HOUR_MS = 3_600_000;

/**
 * True if a state that began at `since` crossed a reminder between two syncs. Reminders come after
 * 1, 5 and 15 minutes, then every hour, so ten hours of refusals are 13 lines. All in ms of one
 * clock.
 */
export function reminderDue(since: number, previousAt: number, now: number): boolean {
  return reminders(now - since) > reminders(previousAt - since);
}

function reminders(ageMs: number): number {
  const steps = STEPS_MS.filter((step) => ageMs >= step).length;
  return ageMs < HOUR_MS ? steps : STEPS_MS.length - 1 + Math.floor(ageMs / HOUR_MS);
}
