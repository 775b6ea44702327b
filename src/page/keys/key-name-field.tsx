import { useEffect, useRef } from "preact/hooks";
import { MAX_KEY_NAME_CHARACTERS } from "../../protocol/limits.ts";
import { Field } from "../ui/form.tsx";

/** The name of a key, with its length counted while it is typed. */
export function KeyNameField({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const count = Array.from(name.trim()).length;
  const isTooLong = count > MAX_KEY_NAME_CHARACTERS;
  useEffect(() => {
    input.current?.setCustomValidity(validity(count));
  }, [count]);
  return (
    <Field
      label="Name"
      hint={`${count} of ${MAX_KEY_NAME_CHARACTERS} characters`}
      {...(isTooLong ? { hintKind: "bad" as const } : {})}
    >
      {(id, hintId) => (
        <input
          id={id}
          ref={input}
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={name}
          aria-describedby={hintId}
          aria-invalid={isTooLong ? true : undefined}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** The browser's message for a name of this length; empty: it is valid. */
function validity(count: number): string {
  if (count === 0) {
    return `Enter a name of 1 to ${MAX_KEY_NAME_CHARACTERS} characters.`;
  }
  return count > MAX_KEY_NAME_CHARACTERS
    ? `Shorten the name: it has ${count} characters, and ${MAX_KEY_NAME_CHARACTERS} are allowed.`
    : "";
}
