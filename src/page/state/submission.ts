import { useState } from "preact/hooks";
import type { Answer } from "../api/answer.ts";
import { isMove, noteSignedOut } from "./session.ts";
import { useUnmountSignal } from "./unmount-signal.ts";

export interface Submission {
  readonly isBusy: boolean;
  /** Why the last attempt failed, for the person; undefined before one and while another is under way. */
  readonly failure: string | undefined;
  readonly submit: (event: Event) => void;
}

/** A form's one request: sent once at a time, its failure kept to be shown. An answer that nobody waits for is dropped. */
export function useSubmit<Data>(
  act: (signal: AbortSignal) => Promise<Answer<Data>>,
  onDone: (data: Data) => void,
): Submission {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const signal = useUnmountSignal();
  const submit = async () => {
    setBusy(true);
    setFailure(undefined);
    const answer = await act(signal);
    if (signal.aborted) {
      return;
    }
    const isSaid = await isMove(answer, signal);
    if (signal.aborted) {
      return;
    }
    setBusy(false);
    if (answer.kind === "data") {
      onDone(answer.data);
    } else if (answer.kind === "signed-out") {
      noteSignedOut();
    }
    // Said above, with the choice, for as long as it is so.
    else if (!isSaid) {
      setFailure(failureSentence(answer));
    }
  };
  return {
    isBusy,
    failure,
    submit: (event) => {
      event.preventDefault();
      if (!isBusy) {
        void submit();
      }
    },
  };
}

function failureSentence(answer: Extract<Answer<unknown>, { sentence: string }>): string {
  if (answer.kind === "refused") {
    return answer.sentence;
  }
  return `${answer.sentence} Whether this was done is not known: look before you try again.`;
}
