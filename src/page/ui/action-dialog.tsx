import type { ComponentChildren } from "preact";
import type { Answer } from "../api/answer.ts";
import { useSubmit } from "../state/submission.ts";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./notice.tsx";
import { OrganizationNotice } from "./organization-notice.tsx";

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
  const { isBusy, failure, submit } = useSubmit(act, onDone);
  // While it is being done, leaving would hide how it ended.
  const dismiss = () => {
    if (!isBusy) {
      onDismiss();
    }
  };
  return (
    <Dialog title={title} onDismiss={dismiss}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          {children}
          <OrganizationNotice />
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
