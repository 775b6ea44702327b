import { type ApiKey, deleteApiKey, revokeApiKey } from "../api/api-keys.ts";
import { useAnnounce, useHeartbeatTimeout, usePageState } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { KeyExecutors, useBoundExecutors } from "./key-executors.tsx";
import { KeyIds } from "./key-label.tsx";

interface EndKeyProps {
  readonly apiKey: ApiKey;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

export function RevokeKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const { followUps } = usePageState();
  const announce = useAnnounce();
  const bound = useBoundExecutors(apiKey);
  const isUsed = bound !== undefined && bound.length > 0;
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Revoke ${apiKey.name}?`}
      verb="Revoke"
      kind="danger"
      operation={() => revokeApiKey(apiKey.id)}
      onDismiss={onDismiss}
      onDone={() => {
        followUps.noteRevoked(apiKey.id, Date.now());
        announce(`${apiKey.name} is revoked.`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        The control plane refuses the key from now on.{" "}
        {isUsed
          ? `These executors go offline within ${timeout} and stay offline until they get another key. Their nodes keep running. `
          : ""}
        The key stays in this list with its history. Revoking cannot be undone.
      </p>
    </ActionDialog>
  );
}

export function DeleteKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const { followUps } = usePageState();
  const announce = useAnnounce();
  const bound = useBoundExecutors(apiKey);
  const isUsed = bound !== undefined && bound.length > 0;
  return (
    <ActionDialog
      title={`Delete ${apiKey.name}?`}
      verb="Delete"
      kind="danger"
      operation={() => deleteApiKey(apiKey.id)}
      onDismiss={onDismiss}
      onDone={() => {
        followUps.remove(apiKey.id);
        announce(`${apiKey.name} is deleted.`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        {isUsed ? "They stay offline until they get another key. " : ""}
        The key disappears from this list. The audit log keeps its records. Deleting cannot be undone.
      </p>
    </ActionDialog>
  );
}
