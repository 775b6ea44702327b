/** A fleet that is restarted in one moment returns at no more than 833 executors a second, a tenth of what one core carries. */
const MS_PER_EXECUTOR = 1.2;
/** From 10,000 executors on: a twelfth of the fleet a second, and all of them back well inside the heartbeat timeout. */
const LONGEST_MS = 12_000;

/**
 * Over how long executors should spread their first sync after a restart: none of them knows how many restart with it.
 * In proportion, so that among a few of them nobody waits.
 */
export function restartSpreadMs(executorsOnline: number): number {
  return Math.min(LONGEST_MS, Math.round(executorsOnline * MS_PER_EXECUTOR));
}
