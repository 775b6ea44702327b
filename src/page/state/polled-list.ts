import { useEffect, useRef, useState } from "preact/hooks";
import type { Operation } from "../api/answer.ts";
import { usePlace } from "./page-state.ts";
import { usePolled } from "./polling.ts";

/** Longer, and a person would take the old entries for the answer. */
const KEPT_MS = 500;

interface PolledList<Data> {
  /** Undefined: not loaded yet. */
  readonly data: Data | undefined;
  /** The one that `data` answers. */
  readonly query: URLSearchParams;
  readonly failure: string | undefined;
  readonly reload: () => void;
}

/**
 * Loads the list that the URL asks for, again and again. While another page, order or filter loads,
 * the entries before stay for a moment: a list that goes and comes back flickers, and the link in
 * its head loses the focus. An empty list goes at once, because it says what matches nothing.
 */
export function usePolledList<Data>(
  noun: string,
  intervalMs: number,
  operation: Operation<Data>,
  isEmpty: (data: Data) => boolean,
): PolledList<Data> {
  const { query } = usePlace();
  const { data, failure, reload } = usePolled(`${noun} ${query}`, intervalMs, operation);
  const isLoading = data === undefined && failure === undefined;
  const last = useRef<Pick<PolledList<Data>, "data" | "query">>(undefined);
  if (!isLoading) {
    last.current = data === undefined || isEmpty(data) ? undefined : { data, query };
  }
  const [, setForgotten] = useState(0);
  useEffect(() => {
    if (!isLoading) {
      return;
    }
    const timer = window.setTimeout(() => {
      last.current = undefined;
      setForgotten((count) => count + 1);
    }, KEPT_MS);
    return () => window.clearTimeout(timer);
  }, [isLoading, query]);
  return { ...(isLoading ? (last.current ?? { data, query }) : { data, query }), failure, reload };
}
