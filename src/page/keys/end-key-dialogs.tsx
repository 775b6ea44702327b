import { deleteApiKey, revokeApiKey } from "../api/api-keys.ts";
import type { KeySummary } from "../api/keys/key-details.ts";
import { useAnnounce, usePageState } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { RefusedExecutors } from "./shown/key-executors.tsx";
import { KeyIds } from "./shown/key-label.tsx";
import { deedLabel, useKeyReach, waitsFor } from "./shown/reach-lookup.ts";

interface EndKeyProps {
  readonly apiKey: KeySummary;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Says who is refused without the key, and when they notice. */
export function RevokeKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const { followUps } = usePageState();
  const announce = useAnnounce();
  const lookup = useKeyReach(apiKey.id);
  return (
    <ActionDialog
      title={`Revoke ${apiKey.name}?`}
      verb={deedLabel("Revoke", lookup)}
      kind="danger"
      waitsFor={waitsFor(lookup)}
      operation={() => revokeApiKey(apiKey.id)}
      onDismiss={onDismiss}
      onDone={() => {
        followUps.remove(apiKey.id);
        announce(`${apiKey.name} is revoked.`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <RefusedExecutors lookup={lookup} deed="revoke" isOver={apiKey.status !== "active"} />
      <p>The key stays in the list with its history. Revoking cannot be undone.</p>
    </ActionDialog>
  );
}

export function DeleteKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const { followUps } = usePageState();
  const announce = useAnnounce();
  const lookup = useKeyReach(apiKey.id);
  return (
    <ActionDialog
      title={`Delete ${apiKey.name}?`}
      verb={deedLabel("Delete", lookup)}
      kind="danger"
      waitsFor={waitsFor(lookup)}
      operation={() => deleteApiKey(apiKey.id)}
      onDismiss={onDismiss}
      onDone={() => {
        followUps.remove(apiKey.id);
        announce(`${apiKey.name} is deleted.`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <RefusedExecutors lookup={lookup} deed="delete" isOver={true} />
      <p>The key disappears from the list. The audit log keeps its records. Deleting cannot be undone.</p>
    </ActionDialog>
  );
}
