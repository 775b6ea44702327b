import { useState } from "preact/hooks";
import { MAX_KEY_NAME_CHARACTERS } from "../../protocol/limits.ts";
import type { Target } from "../api/keys/key-targets.ts";
import { CreateKeyDialog } from "./create-key-dialog.tsx";
import { ExpiryField, NEVER } from "./expiry-field.tsx";
import { KeyNameField } from "./key-name-field.tsx";
import { TargetField } from "./target-field.tsx";

interface NewKeyProps {
  readonly organizationId: string;
  /** The executor that it is for, until another is chosen. */
  readonly target?: Target;
  /** Called when the dialog ends, with a new key or without. */
  readonly onClose: () => void;
}

/** Creates a key from name, target and expiry, none of which can be changed afterwards. */
export function NewKeyDialog({ organizationId, target: given, onClose }: NewKeyProps) {
  const [target, setTarget] = useState(given);
  const [name, setName] = useState(defaultKeyName(given));
  const [expiry, setExpiry] = useState(NEVER);
  const changeTarget = (next: Target | undefined) => {
    // The target's name is the default until another one is typed.
    if (name === defaultKeyName(target)) {
      setName(defaultKeyName(next));
    }
    setTarget(next);
  };
  return (
    <CreateKeyDialog
      title="New key"
      organizationId={organizationId}
      name={name}
      expiry={expiry}
      target={target}
      old={target?.key ?? undefined}
      onDismiss={onClose}
      onCreated={onClose}
    >
      <KeyNameField name={name} onChange={setName} />
      <TargetField target={target} onChange={changeTarget} />
      <ExpiryField expiry={expiry} onChange={setExpiry} />
      <p class="muted">You cannot change the name or the expiry later.</p>
    </CreateKeyDialog>
  );
}

/** The executor's name, cut to what a key's name may have. */
export function defaultKeyName(executor: { readonly name: string } | undefined): string {
  return Array.from(executor?.name ?? "")
    .slice(0, MAX_KEY_NAME_CHARACTERS)
    .join("");
}
