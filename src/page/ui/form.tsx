import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
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

/** A field that a choice above it has revealed. In a low window, it may be out of view. */
export function RevealedField({ children }: { children: ComponentChildren }) {
  const label = useRef<HTMLLabelElement>(null);
  useLayoutEffect(() => label.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the children are its words and its input
    <label ref={label} class="field">
      {children}
    </label>
  );
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
