import { useState } from "preact/hooks";
import { type IssuedKey, rotateApiKey } from "../api/api-keys.ts";
import type { KeySummary } from "../api/keys/key-details.ts";
import type { KeyReach } from "../api/keys/key-reach.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { exactly, Moment } from "../ui/time.tsx";
import { ReplaceKeyDialog } from "./replace-key-dialog.tsx";
import { endsAt, OldKeyChoice, type OldKeyEnd } from "./rotation/old-key-choice.tsx";
import { useShowIssued } from "./rotation/show-issued.ts";
import { LookingForExecutors, useKeyReach } from "./shown/key-executors.tsx";
import { KeyIds } from "./shown/key-label.tsx";

interface RotateKeyProps {
  readonly apiKey: KeySummary;
  /** The executor that is meant, if the person came from its page. */
  readonly executorId?: string | undefined;
  readonly organizationId: string;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Replaces a key: by a rotation, or by a new key if it has ended or shall have another expiry. */
export function RotateKeyDialog(props: RotateKeyProps) {
  const reach = useKeyReach(props.apiKey.id);
  const [isReplacing, setReplacing] = useState(props.apiKey.status !== "active");
  if (isReplacing && reach !== undefined) {
    return <ReplaceKeyDialog {...props} reach={reach} />;
  }
  return <RotationDialog {...props} reach={reach} onReplace={() => setReplacing(true)} />;
}

interface RotationProps extends RotateKeyProps {
  /** Undefined until it is known whom the rotation affects: it has to wait for that. */
  readonly reach: KeyReach | undefined;
  readonly onReplace: () => void;
}

function RotationDialog({ apiKey, reach, organizationId, onDismiss, onDone, onReplace }: RotationProps) {
  const show = useShowIssued(organizationId);
  const [end, setEnd] = useState<OldKeyEnd>();
  const done = (issued: IssuedKey) => {
    onDone();
    show({ issued, title: `${apiKey.name} is rotated`, old: apiKey, executors: reach?.executors ?? [] });
  };
  return (
    <ActionDialog
      title={`Rotate ${apiKey.name}?`}
      verb="Rotate"
      isReady={reach !== undefined}
      operation={() => rotateApiKey(apiKey.id, endsAt(end, Date.now()))}
      onDismiss={onDismiss}
      onDone={done}
    >
      <KeyIds apiKey={apiKey} />
      <div>
        <p>A new key replaces this one. It has the same name with today’s date, and the same expiry.</p>
        <p>
          <SameExpiry expiresAt={apiKey.expiresAt} />{" "}
          <button type="button" class="link" onClick={onReplace}>
            Create a key with another expiry instead
          </button>
        </p>
      </div>
      <Affected reach={reach} />
      {reach === undefined || reach.count === 0 ? null : (
        <OldKeyChoice end={end} onChange={setEnd} reach={reach} expiresAt={apiKey.expiresAt} />
      )}
    </ActionDialog>
  );
}

function SameExpiry({ expiresAt }: { expiresAt: number | null }) {
  if (expiresAt === null) {
    return <>It never expires.</>;
  }
  return (
    <>
      It expires <Moment at={expiresAt} tense="future" />, at {exactly(expiresAt)}.
    </>
  );
}

function Affected({ reach }: { reach: KeyReach | undefined }) {
  if (reach === undefined) {
    return <LookingForExecutors />;
  }
  return reach.count === 0 ? (
    <p>No executor uses this key now, so the old key is revoked in the same step.</p>
  ) : null;
}
