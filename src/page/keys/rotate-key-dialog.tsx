import { useState } from "preact/hooks";
import { type IssuedKey, rotateApiKey } from "../api/api-keys.ts";
import type { KeySummary } from "../api/keys/key-details.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { exactly, Moment } from "../ui/time.tsx";
import { ReplaceKeyDialog } from "./replace-key-dialog.tsx";
import { endsAt, OldKeyChoice, type OldKeyEnd } from "./rotation/old-key-choice.tsx";
import { useShowIssued } from "./rotation/show-issued.ts";
import { KeyIds } from "./shown/key-label.tsx";
import { ReachLine, ReachUnknown } from "./shown/reach-line.tsx";
import { deedLabel, type ReachLookup, useKeyReach, waitsFor } from "./shown/reach-lookup.ts";

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
  const lookup = useKeyReach(props.apiKey.id);
  const [isReplacing, setReplacing] = useState(props.apiKey.status !== "active");
  return isReplacing ? (
    <ReplaceKeyDialog {...props} lookup={lookup} />
  ) : (
    <RotationDialog {...props} lookup={lookup} onReplace={() => setReplacing(true)} />
  );
}

interface RotationProps extends RotateKeyProps {
  readonly lookup: ReachLookup;
  readonly onReplace: () => void;
}

function RotationDialog({ apiKey, lookup, organizationId, onDismiss, onDone, onReplace }: RotationProps) {
  const show = useShowIssued(organizationId);
  const [end, setEnd] = useState<OldKeyEnd>();
  const { reach } = lookup;
  // The last executor may have left the key after the choice.
  const isUnused = reach?.count === 0;
  const done = (issued: IssuedKey) => {
    onDone();
    show({ issued, title: `${apiKey.name} is rotated`, old: apiKey, executors: reach?.executors ?? [] });
  };
  return (
    <ActionDialog
      title={`Rotate ${apiKey.name}?`}
      verb={deedLabel("Rotate", lookup)}
      waitsFor={waitsFor(lookup)}
      operation={() => rotateApiKey(apiKey.id, isUnused ? null : endsAt(end, Date.now()))}
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
      <Affected lookup={lookup} />
      {isUnused || waitsFor(lookup) !== undefined ? null : (
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

function Affected({ lookup }: { lookup: ReachLookup }) {
  return lookup.failure === undefined ? (
    <ReachLine lookup={lookup} deed="rotate">
      {({ count }) => usersSentence(count)}
    </ReachLine>
  ) : (
    <ReachUnknown lookup={lookup} deed="rotate" />
  );
}

function usersSentence(count: number): string {
  if (count === 0) {
    return "No executor uses this key now, so the old key is revoked in the same step.";
  }
  return count === 1 ? "One executor uses this key now." : `${count} executors use this key now.`;
}
