import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Operation } from "../api/answer.ts";
import { usePageState } from "./page-state.ts";

interface Polled<Data> {
  /** The newest that was loaded. It stays while the control plane does not answer. */
  readonly data: Data | undefined;
  /** Why the last attempt was refused, as a sentence; undefined: it was not. */
  readonly failure: string | undefined;
  /** Why the last attempt got no data, also if nobody answered: another object each time. */
  readonly trouble: Trouble | undefined;
  /** Loads again at once. */
  readonly reload: () => void;
}

interface Trouble {
  readonly sentence: string;
}

/**
 * Loads at once, and again `intervalMs` after each answer, while the tab is visible. `key` names
 * what is loaded: with another key, the data of the previous one is forgotten.
 */
export function usePolled<Data>(key: string, intervalMs: number, operation: Operation<Data>): Polled<Data> {
  const polled = usePolledBeside(key, intervalMs, operation);
  useUnanswered(polled.data === undefined);
  return polled;
}

/** The same for what is beside the page, as in a dialog, and says itself that it has no answer. */
export function usePolledBeside<Data>(
  key: string,
  intervalMs: number,
  operation: Operation<Data>,
): Polled<Data> {
  const { session } = usePageState();
  const [seen, setSeen] = useState<Seen<Data>>();
  const reload = useRepeated(key, intervalMs, async (signal) => {
    if (session.isCovered) {
      return;
    }
    const answer = await session.ask(operation, signal);
    if (!signal.aborted) {
      setSeen((before) => merged(before, answer, key));
    }
  });
  const current = seen?.key === key ? seen : undefined;
  return { data: current?.data, failure: current?.failure, trouble: current?.trouble, reload };
}

/** Counts what the page never got, for the banner that says whether there is anything to see. */
export function useUnanswered(isUnanswered: boolean): void {
  const { unanswered } = usePageState().session;
  useEffect(() => {
    if (!isUnanswered) {
      return;
    }
    unanswered.set(unanswered.get() + 1);
    return () => unanswered.set(unanswered.get() - 1);
  }, [isUnanswered]);
}

interface Seen<Data> {
  readonly key: string;
  readonly data: Data | undefined;
  readonly failure: string | undefined;
  readonly trouble: Trouble | undefined;
}

function merged<Data>(before: Seen<Data> | undefined, answer: Answer<Data>, key: string): Seen<Data> {
  if (answer.kind === "data") {
    return { key, data: answer.data, failure: undefined, trouble: undefined };
  }
  const data = before?.key === key ? before.data : undefined;
  // The banner above the page says that nobody answers.
  const failure = answer.kind === "refused" ? answer.sentence : undefined;
  const trouble = answer.kind === "signed-out" ? undefined : { sentence: answer.sentence };
  return { key, data, failure, trouble };
}

/**
 * Runs `turn` at once, and again `intervalMs` after it ended, while the tab is visible. Another
 * `key` starts over.
 *
 * @returns starts the next turn without waiting: now, or right after the one under way
 */
export function useRepeated(
  key: string,
  intervalMs: number,
  turn: (signal: AbortSignal) => Promise<void>,
): () => void {
  const latest = useRef(turn);
  latest.current = turn;
  const waiting = useRef(new AbortController());
  useEffect(() => {
    const ended = new AbortController();
    const repeat = async () => {
      while (!ended.signal.aborted) {
        // Made before the turn: a turn that began before a change may not see it, and then the next
        // one must not wait.
        const wait = new AbortController();
        waiting.current = wait;
        await latest.current(ended.signal);
        await pause(intervalMs, wait.signal);
      }
    };
    void repeat();
    return () => {
      ended.abort();
      waiting.current.abort();
    };
  }, [key, intervalMs]);
  return useCallback(() => waiting.current.abort(), []);
}

/** Resolves after `ms` or later, once the tab is visible; at once when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await elapsed(ms, signal);
  await visible(signal);
}

function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      return resolve();
    }
    const timer = window.setTimeout(resolve, ms);
    const end = () => {
      window.clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}

function visible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || !document.hidden) {
      return resolve();
    }
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
