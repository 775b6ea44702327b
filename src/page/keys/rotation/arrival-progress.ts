import type { KeyArrival } from "../../api/keys/key-arrival.ts";
import type { BoundExecutor } from "../../api/keys/key-reach.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** How far an executor is on its way to a new key. It never goes backwards. */
export type Progress =
  /** `executor` has its status only while it is on the old key. */
  | { readonly kind: "waiting"; readonly executor: Named; readonly seen: BoundExecutor | undefined }
  /** On the new key since `since`, epoch ms. */
  | { readonly kind: "arrived"; readonly executor: Named; readonly since: number }
  /** It has used the new key, and is on another one now: on the old one again, if `isBack`. */
  | {
      readonly kind: "left";
      readonly executor: Named;
      readonly since: number;
      readonly isBack: boolean;
    }
  /** It went to a third key without using this one. */
  | { readonly kind: "elsewhere"; readonly executor: Named };

/** The executors that need the key, and any others that are on it. */
export function progressOf(
  needed: readonly Named[],
  { key, old, onOld }: Pick<KeyArrival, "key" | "old" | "onOld">,
): readonly Progress[] {
  const now = new Map((key?.usedNow ?? []).map((use) => [use.executor.id, use]));
  const before = new Map((key?.usedBefore ?? []).map((use) => [use.executor.id, use]));
  const left = new Map(onOld.map((executor) => [executor.id, executor]));
  const isOldListed = old !== null && old.usedNowCount === onOld.length;
  const ofNeeded = needed.map((executor): Progress => {
    const [uses, used] = [now.get(executor.id), before.get(executor.id)];
    if (uses !== undefined) {
      return { kind: "arrived", executor, since: uses.firstUsedAt };
    }
    if (used !== undefined) {
      return { kind: "left", executor, since: used.firstUsedAt, isBack: left.has(executor.id) };
    }
    const seen = left.get(executor.id);
    return seen === undefined && isOldListed
      ? { kind: "elsewhere", executor }
      : { kind: "waiting", executor, seen };
  });
  const others = [...now.values()].filter(({ executor }) => !needed.some(({ id }) => id === executor.id));
  return [
    ...ofNeeded,
    ...others.map(
      ({ executor, firstUsedAt }): Progress => ({ kind: "arrived", executor, since: firstUsedAt }),
    ),
  ];
}

/** Whether nobody is waited for any more, and somebody has used the key. */
export function isArrived(progress: readonly Progress[]): boolean {
  return (
    progress.some(({ kind }) => kind === "arrived" || kind === "left") &&
    !progress.some(({ kind }) => kind === "waiting")
  );
}
