import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useGiveUp } from "../give-up.ts";
import type { Answer } from "../server/answer.ts";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./notice.tsx";

interface ActionDialogProps<Data> {
  readonly title: string;
  /** What the button says that does it. */
  readonly verb: string;
  readonly kind?: "danger" | "primary";
  readonly act: (signal: AbortSignal) => Promise<Answer<Data>>;
  readonly onDone: (data: Data) => void;
  readonly onDismiss: () => void;
  readonly children: ComponentChildren;
}

/** Asks before it does something; a refusal is shown where it was asked, and nothing typed is lost. */
export function ActionDialog<Data>(props: ActionDialogProps<Data>) {
  const { title, verb, kind = "primary", act, onDone, onDismiss, children } = props;
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const signal = useGiveUp();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    const answer = await act(signal);
    if (signal.aborted) return;
    setBusy(false);
    if (answer.kind === "data") onDone(answer.data);
    else setFailure(failureSentence(answer));
  };
  // While it is being done, leaving would hide how it ended.
  const dismiss = () => {
    if (!isBusy) onDismiss();
  };
  return (
    <Dialog title={title} onDismiss={dismiss}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="dialog-body">
          {children}
          {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
        </div>
        <div class="dialog-buttons">
          <button type="button" onClick={dismiss} disabled={isBusy}>
            Cancel
          </button>
          <button type="submit" class={kind} aria-disabled={isBusy ? true : undefined}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function failureSentence(answer: Exclude<Answer<unknown>, { kind: "data" }>): string {
  if (answer.kind === "signed-out") return "You are signed out: sign in again.";
  if (answer.kind === "refused") return answer.sentence;
  return `${answer.sentence} Whether this was done is not known: look at the list before you try again.`;
}
