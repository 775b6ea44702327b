import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../api/answer.ts";
import { isMove, noteSignedOut } from "./session.ts";

export interface Polled<Data> {
  /** The last that was loaded; stays while the server does not answer. */
  readonly data: Data | undefined;
  /** Why there is no newer one: the server's sentence, or ours. */
  readonly failure: string | undefined;
  /** Loads again at once. */
  readonly reload: () => void;
}

/**
 * Loads at once, then every `intervalMs` while the tab is visible. Another `key` is another thing to load: what was
 * there is forgotten.
 */
export function usePolled<Data>(
  key: string,
  intervalMs: number,
  load: (signal: AbortSignal) => Promise<Answer<Data>>,
): Polled<Data> {
  const [seen, setSeen] = useState<{ key: string; data: Data | undefined; failure: string | undefined }>();
  const latestLoad = useRef(load);
  latestLoad.current = load;
  const wake = useRef<() => void>(() => {});
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const turn = async (): Promise<void> => {
      while (!signal.aborted) {
        const answer = await latestLoad.current(signal);
        if (signal.aborted) {
          return;
        }
        if (answer.kind === "signed-out") {
          noteSignedOut();
        }
        await isMove(answer, signal);
        setSeen((before) => taken(before?.key === key ? before.data : undefined, answer, key));
        await pause(intervalMs, signal, (end) => {
          wake.current = end;
        });
      }
    };
    void turn();
    return () => controller.abort();
  }, [key, intervalMs]);
  const reload = useCallback(() => wake.current(), []);
  const current = seen?.key === key ? seen : undefined;
  return { data: current?.data, failure: current?.failure, reload };
}

function taken<Data>(before: Data | undefined, answer: Answer<Data>, key: string) {
  if (answer.kind === "data") {
    return { key, data: answer.data, failure: undefined };
  }
  const failure = answer.kind === "signed-out" ? "You are signed out." : answer.sentence;
  return { key, data: before, failure };
}

/** Ends after `ms` of which the last instant is visible, when woken, or when aborted. */
function pause(ms: number, signal: AbortSignal, offerEnd: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const end = () => {
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenSeen);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const whenSeen = () => {
      if (isOver && !document.hidden) {
        end();
      }
    };
    const timer = window.setTimeout(() => {
      isOver = true;
      whenSeen();
    }, ms);
    document.addEventListener("visibilitychange", whenSeen);
    signal.addEventListener("abort", end);
    offerEnd(end);
  });
}
