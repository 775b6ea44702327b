/**
 * Limits a fleet that restarts at once to 833 first syncs a second, a tenth of what one core
 * handles.
 */
const MS_PER_EXECUTOR = 1.2;
/** Reached with 10,000 executors. All of them are back well within the heartbeat timeout. */
const LONGEST_MS = 12_000;

/**
 * The window, ms, over which a restarted fleet spreads its first syncs. The control plane sets it,
 * because an executor does not know how many others restart. It is proportional to the executors
 * online, so that a small fleet does not wait.
 */
export function restartSpreadMs(executorsOnline: number): number {
  return Math.min(LONGEST_MS, Math.round(executorsOnline * MS_PER_EXECUTOR));
}
