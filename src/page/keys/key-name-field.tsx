import { useEffect, useRef } from "preact/hooks";
import { Field } from "../ui/form.tsx";

export const MAX_NAME_CHARACTERS = 32;

/** The name of a key, 1 to 32 characters, with the count as it is typed. */
export function KeyNameField({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const count = Array.from(name.trim()).length;
  const isTooLong = count > MAX_NAME_CHARACTERS;
  useEffect(() => {
    input.current?.setCustomValidity(validity(count));
  }, [count]);
  return (
    <Field
      label="Name"
      hint={`${count} of ${MAX_NAME_CHARACTERS} characters`}
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

function validity(count: number): string {
  if (count === 0) {
    return "Give the key a name of 1 to 32 characters.";
  }
  return count > MAX_NAME_CHARACTERS ? `Shorten the name: ${count} characters, 32 at most.` : "";
}
