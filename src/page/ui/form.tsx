import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  /** What is said under the field, and read after its label. */
  readonly hint?: string;
  readonly hintKind?: "bad";
  /** The input, given the id that the label points at and the one of the hint. */
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
