import type { ChangeNumber, ExecutorNodes } from "../store/contract/nodes.ts";

/** More lost changes than any backup loses. Beyond it, what an executor says is nonsense. */
const MAX_LOST = 1_000_000;

/**
 * The number of the next change of an executor's list.
 *
 * Executors ignore lists and revisions that are older than what they know. So a database that was
 * restored from a backup rolls no node back: nobody ordered that. But an order that somebody gives
 * afterwards must count. Therefore its change number exceeds the one that the executor has seen,
 * and the difference is remembered: at most that many revisions of each node are lost.
 */
export function nextChange({ changeNumber, lostChanges }: ChangeNumber, seen: number | null): ChangeNumber {
  const lost = lostSince(changeNumber, seen);
  return { changeNumber: changeNumber + lost + 1, lostChanges: lostChanges + lost };
}

/** The revision that the next change of a node makes. `next` is that of its executor's list. */
export function nextRevision(
  node: { readonly revision: number; readonly lostChanges: number },
  next: ChangeNumber,
): number {
  return node.revision + 1 + Math.max(0, next.lostChanges - node.lostChanges);
}

/** How many changes the executor has seen that this database does not have. */
export function lostSince(changeNumber: number, seen: number | null): number {
  const lost = seen === null ? 0 : seen - changeNumber;
  return lost > 0 && lost <= MAX_LOST ? lost : 0;
}

/** Whether the executor holds a newer list than this database. */
export function isBehind(
  { changeNumber }: Pick<ExecutorNodes, "changeNumber">,
  seen: number | null,
): boolean {
  return seen !== null && seen > changeNumber;
}
