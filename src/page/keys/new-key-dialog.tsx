import { useState } from "preact/hooks";
import { MAX_KEY_NAME_CHARACTERS } from "../../protocol/limits.ts";
import { createApiKey, type IssuedKey } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { usePageState } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/form.tsx";
import { DAY_MS, exactly } from "../ui/time.tsx";
import { KeyNameField } from "./key-name-field.tsx";
import { TargetField } from "./target-field.tsx";

interface NewKeyProps {
  readonly organizationId: string;
  /** Called when the dialog ends, with a new key or without. */
  readonly onClose: () => void;
}

const MAX_DAYS = 3650;

/** Creates a key from target, name and expiry, none of which can be changed afterwards. */
export function NewKeyDialog({ organizationId, onClose }: NewKeyProps) {
  const { secret, followUps } = usePageState();
  const [target, setTarget] = useState<Reference>();
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const changeTarget = (next: Reference | undefined) => {
    // The target's name is the default until another one is typed.
    if (name === defaultName(target)) {
      setName(defaultName(next));
    }
    setTarget(next);
  };
  const done = (issued: IssuedKey) => {
    const { id, name: issuedName, fingerprint } = issued.apiKey;
    const executors = target === undefined ? [] : [target];
    followUps.add({ key: { id, name: issuedName, fingerprint }, old: null, executors, organizationId });
    onClose();
    secret.show({
      issued,
      title: `${issuedName} is created`,
      executorName: target?.name,
      connect: undefined,
    });
  };
  return (
    <ActionDialog
      title="New key"
      verb="Create"
      operation={() =>
        createApiKey({ name: name.trim(), expiresAt: expiry(days, Date.now()), target: target?.id ?? null })
      }
      onDismiss={onClose}
      onDone={done}
    >
      <TargetField target={target} onChange={changeTarget} />
      <KeyNameField name={name} onChange={setName} />
      <DaysField days={days} onChange={setDays} />
      <p class="muted">You cannot change the name and the expiry later.</p>
    </ActionDialog>
  );
}

function defaultName(target: Reference | undefined): string {
  return Array.from(target?.name ?? "")
    .slice(0, MAX_KEY_NAME_CHARACTERS)
    .join("");
}

/** Epoch ms; null: the key never expires. */
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
        at === null || !isInRange
          ? "Optional. If empty, the key never expires."
          : `The key is valid until ${exactly(at)}.`
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
