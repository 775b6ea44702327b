import type { ComponentChildren } from "preact";
import type { Operation } from "../api/answer.ts";
import { useSubmit } from "../state/submission.ts";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./notice.tsx";
import { OrganizationNotice } from "./organization-notice.tsx";

interface ActionDialogProps<Data> {
  readonly title: string;
  /** The label of the button that starts the operation. */
  readonly verb: string;
  readonly kind?: "danger" | "primary";
  /** The label of the button that does nothing. Default: Cancel. */
  readonly keep?: string;
  /** Whether everything that the person must know is shown. Default: yes. */
  readonly isReady?: boolean;
  readonly operation: () => Operation<Data>;
  readonly onDone: (data: Data) => void;
  readonly onDismiss: () => void;
  readonly children: ComponentChildren;
}

/** Confirms an operation and runs it. A failure is shown in the dialog, which keeps its input. */
export function ActionDialog<Data>(props: ActionDialogProps<Data>) {
  const {
    title,
    verb,
    kind = "primary",
    keep = "Cancel",
    isReady = true,
    operation,
    onDone,
    onDismiss,
    children,
  } = props;
  const { isBusy, failure, submit } = useSubmit(operation, onDone);
  const submitReady = (event: Event) => {
    event.preventDefault();
    if (isReady) {
      submit(event);
    }
  };
  // Not while the operation runs: nobody would see how it ended.
  const dismiss = () => {
    if (!isBusy) {
      onDismiss();
    }
  };
  return (
    <Dialog title={title} onDismiss={dismiss}>
      <form onSubmit={submitReady}>
        <div class="dialog-body">
          {children}
          <OrganizationNotice />
          {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
        </div>
        <div class="dialog-buttons">
          <button type="button" onClick={dismiss} disabled={isBusy}>
            {keep}
          </button>
          <button type="submit" class={kind} aria-disabled={isBusy || !isReady ? true : undefined}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
