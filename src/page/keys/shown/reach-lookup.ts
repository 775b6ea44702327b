import { useId, useState } from "preact/hooks";
import { askKeyReach, type KeyReach } from "../../api/keys/key-reach.ts";
import { usePolledBeside } from "../../state/polling.ts";

const INTERVAL_MS = 3000;

/** Whom a change of a key affects: a person has to know it before they confirm the change. */
export interface ReachLookup {
  /** Undefined until the control plane has told it. */
  readonly reach: KeyReach | undefined;
  /** Why it is not known, as a sentence; undefined: it is known, or looked for. */
  readonly failure: string | undefined;
  readonly retry: () => void;
  readonly isRetrying: boolean;
  /** The id of the line that says how far the look-up is. */
  readonly lineId: string;
}

export function useKeyReach(id: string): ReachLookup {
  const { data, trouble, reload } = usePolledBeside(`reach ${id}`, INTERVAL_MS, askKeyReach(id));
  const [retried, setRetried] = useState<object>();
  const retry = () => {
    setRetried(trouble);
    reload();
  };
  const failure = data === undefined ? trouble?.sentence : undefined;
  const isRetrying = failure !== undefined && retried === trouble;
  return { reach: data, failure, retry, isRetrying, lineId: useId() };
}

/** What a button that confirms the change waits for. After a failure the person decides. */
export function waitsFor({ reach, failure, lineId }: ReachLookup): string | undefined {
  return reach === undefined && failure === undefined ? lineId : undefined;
}

/** The label of that button. */
export function deedLabel(label: string, { failure }: ReachLookup): string {
  return failure === undefined ? label : `${label} anyway`;
}
