/**
 * Limits a fleet that restarts at once to 833 first syncs a second, a tenth of what one core
 * handles.
 */
const MS_PER_EXECUTOR = 1.2;
/**
 * Reached with 10,000 executors that sync every 5 s, ms. All of them are back well within the
 * heartbeat timeout, which grows with the fleet as this does.
 */
const LONGEST_MS = 12_000;

/**
 * The window, ms, over which a restarted fleet spreads its first syncs. The control plane sets it,
 * because an executor does not know how many others restart. It is proportional to the executors
 * online, so that a small fleet does not wait. `paceFactor` is `SyncPace.factor`.
 */
export function restartSpreadMs(executorsOnline: number, paceFactor: number): number {
  return Math.min(LONGEST_MS * paceFactor, Math.round(executorsOnline * MS_PER_EXECUTOR));
}
