export const MIN_PASSWORD_CHARACTERS = 12;

interface PasswordFieldProps {
  readonly label: string;
  readonly password: string;
  readonly onChange: (password: string) => void;
}

/** A password that is being chosen. */
export function PasswordField({ label, password, onChange }: PasswordFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        type="password"
        required
        minLength={MIN_PASSWORD_CHARACTERS}
        autocomplete="new-password"
        value={password}
        aria-describedby="password-hint"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <small id="password-hint">At least {MIN_PASSWORD_CHARACTERS} characters.</small>
    </label>
  );
}
