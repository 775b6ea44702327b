import { useState } from "preact/hooks";
import type { Reference } from "../api/decode.ts";
import type { KeySummary } from "../api/keys/key-details.ts";
import { Field } from "../ui/form.tsx";
import { exactly } from "../ui/time.tsx";
import { CreateKeyDialog } from "./create-key-dialog.tsx";
import { ExpiryField, NEVER } from "./expiry-field.tsx";
import { KeyNameField } from "./key-name-field.tsx";
import { defaultKeyName } from "./new-key-dialog.tsx";
import { ReachLine, ReachUnknown } from "./shown/reach-line.tsx";
import type { ReachLookup } from "./shown/reach-lookup.ts";

interface ReplaceKeyProps {
  /** The key that the executors have now. */
  readonly apiKey: KeySummary;
  readonly lookup: ReachLookup;
  /** The executor that is meant, if the person came from its page. */
  readonly executorId?: string | undefined;
  readonly organizationId: string;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** A new key with an expiry of its own, for an executor of a key that a rotation cannot help. */
export function ReplaceKeyDialog(props: ReplaceKeyProps) {
  const { apiKey, lookup, executorId, organizationId, onDismiss, onDone } = props;
  const { reach, failure, lineId } = lookup;
  const executors = reach?.executors ?? [];
  const first = executors.length === 1 ? executors[0]?.id : undefined;
  const [chosen, setChosen] = useState(executorId);
  const targetId = chosen ?? first ?? "";
  const target = executors.find(({ id }) => id === targetId);
  const [typed, setTyped] = useState<string>();
  const [expiry, setExpiry] = useState(NEVER);
  const name = typed ?? defaultKeyName(target ?? apiKey);
  return (
    <CreateKeyDialog
      title={target === undefined ? `Replace ${apiKey.name}` : `New key for ${target.name}`}
      organizationId={organizationId}
      name={name}
      expiry={expiry}
      target={target}
      old={apiKey}
      // Even after a failure: a key takes over only the executor that it is made for.
      waitsFor={reach === undefined ? lineId : undefined}
      onDismiss={onDismiss}
      onCreated={onDone}
    >
      <p>{reason(apiKey)}</p>
      {failure === undefined ? (
        <ReachLine lookup={lookup} deed="replace" />
      ) : (
        <ReachUnknown lookup={lookup} />
      )}
      {executors.length > 1 ? (
        <ExecutorChoice executors={executors} targetId={targetId} onChange={setChosen} />
      ) : null}
      <KeyNameField name={name} onChange={setTyped} />
      <ExpiryField expiry={expiry} onChange={setExpiry} />
    </CreateKeyDialog>
  );
}

function reason({ name, status, expiresAt, revokedAt }: KeySummary): string {
  switch (status) {
    case "active": {
      const end = expiresAt === null ? "" : ` or it expires${at(expiresAt)}`;
      return `${name} works until you revoke it${end}. A rotation would keep its expiry; a new key has its own.`;
    }
    case "expired":
      return `${name} expired${at(expiresAt)}, and an expired key cannot be rotated. A new key replaces it.`;
    case "revoked":
      return `${name} was revoked${at(revokedAt)}. A new key replaces it.`;
    case "damaged":
      return `The control plane cannot read ${name} in its database, and refuses it. A new key replaces it.`;
  }
}

function at(time: number | null): string {
  return time === null ? "" : ` at ${exactly(time)}`;
}

interface ExecutorChoiceProps {
  readonly executors: readonly Reference[];
  readonly targetId: string;
  readonly onChange: (id: string) => void;
}

/** A key takes over only the executor that it was made for. */
function ExecutorChoice({ executors, targetId, onChange }: ExecutorChoiceProps) {
  return (
    <Field
      label="For"
      hint={`${executors.length} executors have the key. Each gets a new key of its own: create one, then the next.`}
    >
      {(id, hintId) => (
        <select
          id={id}
          required
          value={targetId}
          aria-describedby={hintId}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          <option value="">Choose an executor</option>
          {executors.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
