import { useState } from "preact/hooks";
import { createApiKey, type IssuedKey } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { follow } from "../state/follow-ups.ts";
import { showOnce } from "../state/one-time-secret.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/form.tsx";
import { DAY_MS, exactly } from "../ui/time.tsx";
import { KeyNameField, MAX_NAME_CHARACTERS } from "./key-name-field.tsx";
import { TargetField } from "./target-field.tsx";

interface NewKeyProps {
  readonly organizationId: string;
  /** Created or not. */
  readonly onClose: () => void;
}

const MAX_DAYS = 3650;

/** Target, name, expiry: all there is to say about a key, and all of it final. */
export function NewKeyDialog({ organizationId, onClose }: NewKeyProps) {
  const [target, setTarget] = useState<Reference>();
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const aim = (next: Reference | undefined) => {
    // The name of the target, unless another one has been typed.
    if (name === prefill(target)) {
      setName(prefill(next));
    }
    setTarget(next);
  };
  const done = (issued: IssuedKey) => {
    const { id, name: issuedName, fingerprint } = issued.apiKey;
    const executors = target === undefined ? [] : [target];
    follow({ key: { id, name: issuedName, fingerprint }, old: null, executors, organizationId });
    onClose();
    showOnce({ issued, title: `${issuedName} is created`, executorName: target?.name, connect: undefined });
  };
  return (
    <ActionDialog
      title="New key"
      verb="Create"
      act={(signal) =>
        createApiKey(
          { name: name.trim(), expiresAt: expiry(days, Date.now()), target: target?.id ?? null },
          signal,
        )
      }
      onDismiss={onClose}
      onDone={done}
    >
      <TargetField target={target} onChange={aim} />
      <KeyNameField name={name} onChange={setName} />
      <DaysField days={days} onChange={setDays} />
      <p class="muted">Name and expiry are fixed once the key is created.</p>
    </ActionDialog>
  );
}

function prefill(target: Reference | undefined): string {
  return Array.from(target?.name ?? "")
    .slice(0, MAX_NAME_CHARACTERS)
    .join("");
}

/** Null: no expiry. */
function expiry(days: string, now: number): number | null {
  const count = Number(days);
  return days === "" || !Number.isFinite(count) ? null : now + Math.round(count * DAY_MS);
}

function DaysField({ days, onChange }: { days: string; onChange: (days: string) => void }) {
  const at = expiry(days, Date.now());
  const isInRange = Number(days) >= 1 && Number(days) <= MAX_DAYS;
  return (
    <Field
      label="Expires in (days)"
      hint={
        at === null || !isInRange ? "Optional. Left empty, the key does not expire." : `Until ${exactly(at)}.`
      }
    >
      {(id, hintId) => (
        <input
          id={id}
          type="number"
          inputMode="numeric"
          min="1"
          max={MAX_DAYS}
          step="1"
          value={days}
          aria-describedby={hintId}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
