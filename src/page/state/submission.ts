import { useEffect, useMemo, useState } from "preact/hooks";
import type { Answer, Operation } from "../api/answer.ts";
import { usePageState } from "./page-state.ts";

export interface Submission {
  readonly isBusy: boolean;
  /** Why the last attempt failed, as a sentence; undefined before the first and during one. */
  readonly failure: string | undefined;
  readonly submit: (event: Event) => void;
}

/**
 * Sends a form, one attempt at a time. `onDone` gets the data of the one that succeeds. An answer
 * that arrives after the form is gone is dropped.
 */
export function useSubmit<Data>(operation: () => Operation<Data>, onDone: (data: Data) => void): Submission {
  const { session } = usePageState();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const signal = useUnmountSignal();
  const attempt = async () => {
    setBusy(true);
    setFailure(undefined);
    // Not ended with the form: what somebody asked for is done, also if they close it at once.
    const answer = await session.ask(operation(), new AbortController().signal);
    if (signal.aborted) {
      return;
    }
    setBusy(false);
    if (answer.kind === "data") {
      onDone(answer.data);
    } else if (!session.isMove(answer)) {
      // Otherwise the notice about the other tab gives the reason, and the choice.
      setFailure(failureSentence(answer));
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!isBusy) {
      void attempt();
    }
  };
  return { isBusy, failure, submit };
}

/** Aborts when the component is removed, after which nobody waits for its answers. */
export function useUnmountSignal(): AbortSignal {
  const controller = useMemo(() => new AbortController(), []);
  useEffect(() => () => controller.abort(), [controller]);
  return controller.signal;
}

function failureSentence(answer: Exclude<Answer<unknown>, { kind: "data" }>): string {
  switch (answer.kind) {
    case "signed-out":
      return "You are signed out.";
    case "refused":
      return answer.sentence;
    case "unavailable":
      return `${answer.sentence} It is not known whether this was done: check before you try again.`;
  }
}
