import { MIN_PASSWORD_CHARACTERS } from "../../protocol/limits.ts";
import { Field } from "../ui/form.tsx";

interface PasswordFieldProps {
  readonly label: string;
  readonly password: string;
  readonly onChange: (password: string) => void;
}

/** For a new password. */
export function PasswordField({ label, password, onChange }: PasswordFieldProps) {
  return (
    <Field label={label} hint={`At least ${MIN_PASSWORD_CHARACTERS} characters.`}>
      {(id, hintId) => (
        <input
          id={id}
          type="password"
          required
          minLength={MIN_PASSWORD_CHARACTERS}
          autocomplete="new-password"
          value={password}
          aria-describedby={hintId}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
