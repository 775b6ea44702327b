import { useState } from "preact/hooks";
import { type ApiKey, type IssuedKey, rotateApiKey } from "../api/api-keys.ts";
import { follow } from "../state/follow-ups.ts";
import { showOnce } from "../state/one-time-secret.ts";
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

/** Replaces a key: the old one revoked in the same step, or alive until a date. */
export function RotateKeyDialog({ apiKey, organizationId, onDismiss, onDone }: RotateKeyProps) {
  const bound = useBoundExecutors(apiKey);
  const [grace, setGrace] = useState<string>();
  const done = (issued: IssuedKey) => {
    const { id, name, fingerprint } = issued.apiKey;
    const revokesAt = grace === undefined ? null : graceEnd(grace);
    follow({
      key: { id, name, fingerprint },
      old: { id: apiKey.id, name: apiKey.name, revokesAt },
      executors: (bound ?? []).map((executor) => ({ id: executor.id, name: executor.name })),
      organizationId,
    });
    onDone();
    const only = bound?.length === 1 ? bound[0]?.name : undefined;
    showOnce({ issued, title: `${apiKey.name} is rotated`, executorName: only, connect: undefined });
  };
  return (
    <ActionDialog
      title={`Rotate ${apiKey.name}?`}
      verb="Rotate"
      act={(signal) => rotateApiKey(apiKey.id, grace === undefined ? null : graceEnd(grace), signal)}
      onDismiss={onDismiss}
      onDone={done}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        A new key takes its place, named after it with today’s date.{" "}
        {apiKey.expiresAt === null
          ? "It does not expire, as this one."
          : `It expires as this one: ${exactly(apiKey.expiresAt)}.`}
      </p>
      <GraceChoice grace={grace} onChange={setGrace} latest={apiKey.expiresAt} />
    </ActionDialog>
  );
}

/** The chosen minute as an instant; null where the field is empty. */
function graceEnd(value: string): number | null {
  const at = new Date(value).getTime();
  return Number.isNaN(at) ? null : at;
}

interface GraceChoiceProps {
  /** The value of the date field; undefined: the old key is revoked at once. */
  readonly grace: string | undefined;
  readonly onChange: (grace: string | undefined) => void;
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
            Its executors are refused until they have the new key. Choose this when it may have leaked.
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
          Leave it alive until a date
          <small>Executors that take the new key before then lose nothing.</small>
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
