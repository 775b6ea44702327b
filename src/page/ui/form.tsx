import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Submission } from "../state/submission.ts";
import { Notice } from "./notice.tsx";

interface FieldProps {
  readonly label: string;
  /** Shown under the field; a screen reader reads it after the label. */
  readonly hint?: string;
  readonly hintKind?: "bad";
  /** Renders the input with these ids: its own, which the label names, and its hint's. */
  readonly children: (id: string, hintId: string | undefined) => ComponentChildren;
}

/** A field of a form: label, input, hint. */
export function Field({ label, hint, hintKind, children }: FieldProps) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, hintId)}
      {hint === undefined ? null : (
        <small id={hintId} class={hintKind}>
          {hint}
        </small>
      )}
    </div>
  );
}

/** The `ref` of a field that a choice above it reveals: in a low window, it may be out of view. */
export function reveal(field: HTMLElement | null): void {
  field?.scrollIntoView({ block: "nearest" });
}

/** The reason why the last attempt failed, and the button for the next one. */
export function SubmitButton({ submission, verb }: { submission: Submission; verb: string }) {
  const { isBusy, failure } = submission;
  return (
    <>
      {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
      <button type="submit" class="primary" aria-disabled={isBusy ? true : undefined}>
        {verb}
      </button>
    </>
  );
}
