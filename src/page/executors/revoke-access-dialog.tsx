import type { KeyReference } from "../api/decode.ts";
import { revokeExecutorAccess } from "../api/executors.ts";
import { RefusedExecutors } from "../keys/shown/key-executors.tsx";
import { KeyIds } from "../keys/shown/key-label.tsx";
import { deedLabel, useKeyReach, waitsFor } from "../keys/shown/reach-lookup.ts";
import { useAnnounce, usePageState } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";

interface RevokeAccessProps {
  readonly executor: { readonly id: string; readonly name: string };
  /** The key that it is bound to. */
  readonly apiKey: KeyReference;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Revokes the key of an executor, and names all others that lose access with it. */
export function RevokeAccessDialog({ executor, apiKey, onDismiss, onDone }: RevokeAccessProps) {
  const { id, name } = executor;
  const { followUps } = usePageState();
  const announce = useAnnounce();
  const lookup = useKeyReach(apiKey.id);
  const { reach } = lookup;
  const isShared = reach !== undefined && reach.count > 1;
  return (
    <ActionDialog
      title={`Revoke the access of ${name}?`}
      verb={deedLabel("Revoke access", lookup)}
      kind="danger"
      waitsFor={waitsFor(lookup)}
      operation={() => revokeExecutorAccess(id, apiKey.id)}
      onDismiss={onDismiss}
      onDone={() => {
        followUps.remove(apiKey.id);
        announce(`${apiKey.name}, the key of ${name}, is revoked.`);
        onDone();
      }}
    >
      <div>
        <p>
          This revokes the key <strong>{apiKey.name}</strong>
          {isShared ? `, which ${name} shares with ${others(reach.count - 1)}` : ""}:
        </p>
        <KeyIds apiKey={apiKey} />
      </div>
      <RefusedExecutors lookup={lookup} deed="revoke" isOver={false} />
      <p>Revoking cannot be undone.</p>
    </ActionDialog>
  );
}

function others(count: number): string {
  return count === 1 ? "another executor" : `${count} others`;
}
