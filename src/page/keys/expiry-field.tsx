import { useId } from "preact/hooks";
import { reveal } from "../ui/form.tsx";
import { DAY_MS, exactly } from "../ui/time.tsx";

/** Days until a key expires: one of the presets, never, or what is typed. */
export type Expiry =
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "never" }
  | { readonly kind: "other"; readonly text: string };

export const NEVER: Expiry = { kind: "never" };
const PRESETS = [30, 90, 365];
const MAX_DAYS = 3650;

/** Epoch ms; null: the key never expires. */
export function expiresAt(expiry: Expiry, now: number): number | null {
  const days = daysOf(expiry);
  return days === undefined ? null : now + Math.round(days * DAY_MS);
}

function daysOf(expiry: Expiry): number | undefined {
  if (expiry.kind === "days") {
    return expiry.days;
  }
  const typed = expiry.kind === "other" ? Number(expiry.text) : 0;
  return typed >= 1 && typed <= MAX_DAYS ? typed : undefined;
}

interface ExpiryFieldProps {
  readonly expiry: Expiry;
  readonly onChange: (expiry: Expiry) => void;
}

export function ExpiryField({ expiry, onChange }: ExpiryFieldProps) {
  const id = useId();
  return (
    <fieldset class="pills" aria-describedby={id}>
      <legend>Expires</legend>
      {PRESETS.map((days) => (
        <Pill
          key={days}
          label={`${days} days`}
          isChosen={expiry.kind === "days" && expiry.days === days}
          onChoose={() => onChange({ kind: "days", days })}
        />
      ))}
      <Pill label="Never" isChosen={expiry.kind === "never"} onChoose={() => onChange(NEVER)} />
      <Pill
        label="Other"
        isChosen={expiry.kind === "other"}
        onChoose={() => onChange({ kind: "other", text: "" })}
      />
      {expiry.kind === "other" ? (
        <label ref={reveal} class="field">
          Days until it expires
          <input
            type="number"
            inputMode="numeric"
            required
            min="1"
            max={MAX_DAYS}
            step="1"
            value={expiry.text}
            onInput={(event) => onChange({ kind: "other", text: event.currentTarget.value })}
          />
        </label>
      ) : null}
      <small id={id}>{hint(expiry)}</small>
    </fieldset>
  );
}

function hint(expiry: Expiry): string {
  const at = expiresAt(expiry, Date.now());
  if (at !== null) {
    return `Valid until ${exactly(at)}. Its executors go offline then, unless they have another key.`;
  }
  return expiry.kind === "never" ? "It works until you revoke it." : `1 to ${MAX_DAYS} days.`;
}

interface PillProps {
  readonly label: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Pill({ label, isChosen, onChoose }: PillProps) {
  return (
    <label class="pill">
      <input type="radio" name="expiry" checked={isChosen} onChange={onChoose} />
      {label}
    </label>
  );
}
