import { useEffect } from "preact/hooks";
import { askKeyArrival, type KeyArrival } from "../../api/keys/key-arrival.ts";
import type { FollowUp } from "../../state/follow-ups.ts";
import { useAnnounce } from "../../state/page-state.ts";
import { usePolled } from "../../state/polling.ts";
import { isArrived, type Progress, progressOf } from "./arrival-progress.ts";

const INTERVAL_MS = 2000;

export interface Arrival {
  /** Undefined until the control plane has answered. */
  readonly data: KeyArrival | undefined;
  readonly progress: readonly Progress[];
  /** Whether nobody is waited for any more. */
  readonly isDone: boolean;
  readonly reload: () => void;
}

/** Watches a new key until its executors are on it, and announces each of them once. */
export function useArrival({ key, old, executors }: FollowUp): Arrival {
  const { data, reload } = usePolled(`arrival ${key.id}`, INTERVAL_MS, askKeyArrival(key.id, old?.id));
  const progress = data === undefined ? [] : progressOf(executors, data);
  const announce = useAnnounce();
  const names = progress
    .filter(({ kind }) => kind === "arrived")
    .map(({ executor }) => executor.name)
    .join(", ");
  useEffect(() => {
    if (names !== "") {
      announce(`Now on the new key ${key.name}: ${names}.`);
    }
  }, [names]);
  return { data, progress, isDone: isArrived(progress), reload };
}
