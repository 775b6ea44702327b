import { useState } from "preact/hooks";
import { type ApiKey, type IssuedKey, rotateApiKey } from "../api/api-keys.ts";
import { usePageState } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { DAY_MS, exactly, localInputValue } from "../ui/time.tsx";
import { KeyExecutors, useBoundExecutors } from "./key-executors.tsx";
import { KeyIds } from "./key-label.tsx";

interface RotateKeyProps {
  readonly apiKey: ApiKey;
  readonly organizationId: string;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Replaces a key. The old one is revoked in the same step, or works until a date. */
export function RotateKeyDialog({ apiKey, organizationId, onDismiss, onDone }: RotateKeyProps) {
  const { secret, followUps } = usePageState();
  const bound = useBoundExecutors(apiKey);
  const [grace, setGrace] = useState<string>();
  const revokesAt = grace === undefined ? null : localInstant(grace);
  const done = (issued: IssuedKey) => {
    const { id, name, fingerprint } = issued.apiKey;
    followUps.add({
      key: { id, name, fingerprint },
      old: { id: apiKey.id, name: apiKey.name, revokesAt },
      executors: (bound ?? []).map((executor) => ({ id: executor.id, name: executor.name })),
      organizationId,
    });
    onDone();
    const executorName = bound?.length === 1 ? bound[0]?.name : undefined;
    secret.show({ issued, title: `${apiKey.name} is rotated`, executorName, connect: undefined });
  };
  return (
    <ActionDialog
      title={`Rotate ${apiKey.name}?`}
      verb="Rotate"
      operation={() => rotateApiKey(apiKey.id, revokesAt)}
      onDismiss={onDismiss}
      onDone={done}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        A new key replaces this one. It has the same name with today’s date, and the same expiry:{" "}
        {apiKey.expiresAt === null ? "it never expires." : `it is valid until ${exactly(apiKey.expiresAt)}.`}
      </p>
      <GraceChoice grace={grace} onChange={setGrace} latest={apiKey.expiresAt} />
    </ActionDialog>
  );
}

/** The value of a date field as epoch ms; null: it is empty. */
function localInstant(value: string): number | null {
  const at = new Date(value).getTime();
  return Number.isNaN(at) ? null : at;
}

interface GraceChoiceProps {
  /** The value of the date field; undefined: the old key is revoked at once. */
  readonly grace: string | undefined;
  readonly onChange: (grace: string | undefined) => void;
  /** When the old key expires, epoch ms; null: never. */
  readonly latest: number | null;
}

function GraceChoice({ grace, onChange, latest }: GraceChoiceProps) {
  const tomorrow = Math.min(Date.now() + DAY_MS, latest ?? Number.POSITIVE_INFINITY);
  return (
    <fieldset>
      <legend>The old key</legend>
      <label class="choice">
        <input type="radio" name="grace" checked={grace === undefined} onChange={() => onChange(undefined)} />
        <span>
          Revoke it now
          <small>
            Its executors are refused until they get the new key. Choose this if the key may have leaked.
          </small>
        </span>
      </label>
      <label class="choice">
        <input
          type="radio"
          name="grace"
          checked={grace !== undefined}
          onChange={() => onChange(localInputValue(tomorrow))}
        />
        <span>
          Keep it until a date
          <small>Executors that get the new key before that date stay online.</small>
        </span>
      </label>
      {grace === undefined ? null : <GraceEnd grace={grace} onChange={onChange} />}
    </fieldset>
  );
}

function GraceEnd({ grace, onChange }: { grace: string; onChange: (grace: string) => void }) {
  return (
    <label class="field">
      Revoke the old key at
      <input
        type="datetime-local"
        required
        value={grace}
        min={localInputValue(Date.now() + 60_000)}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
