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
  /** The id of the line that says what has to be known first; undefined: nothing. */
  readonly waitsFor?: string | undefined;
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
    waitsFor,
    operation,
    onDone,
    onDismiss,
    children,
  } = props;
  const { isBusy, failure, submit } = useSubmit(operation, onDone);
  const submitReady = (event: Event) => {
    event.preventDefault();
    if (waitsFor === undefined) {
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
          <button
            type="submit"
            class={kind}
            aria-disabled={isBusy || waitsFor !== undefined ? true : undefined}
            aria-describedby={waitsFor}
          >
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
