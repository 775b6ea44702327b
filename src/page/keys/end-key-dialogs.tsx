import { type ApiKey, deleteApiKey, revokeApiKey } from "../api/api-keys.ts";
import { announce } from "../state/announcement.ts";
import { noteRevoked, unfollow } from "../state/follow-ups.ts";
import { useHeartbeatTimeout } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { KeyExecutors, useBoundExecutors } from "./key-executors.tsx";
import { KeyIds } from "./key-label.tsx";

interface EndKeyProps {
  readonly apiKey: ApiKey;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

export function RevokeKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const bound = useBoundExecutors(apiKey);
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Revoke ${apiKey.name}?`}
      verb="Revoke"
      kind="danger"
      act={(signal) => revokeApiKey(apiKey.id, signal)}
      onDismiss={onDismiss}
      onDone={() => {
        noteRevoked(apiKey.id, Date.now());
        announce(`${apiKey.name} is revoked`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        {bound !== undefined && bound.length > 0
          ? `Their next sync is refused, and they go offline within ${timeout}, until they are given another key. Their nodes keep running.`
          : "It is refused from the next request on."}{" "}
        The key stays in the list with its history. This cannot be undone.
      </p>
    </ActionDialog>
  );
}

export function DeleteKeyDialog({ apiKey, onDismiss, onDone }: EndKeyProps) {
  const bound = useBoundExecutors(apiKey);
  return (
    <ActionDialog
      title={`Delete ${apiKey.name}?`}
      verb="Delete"
      kind="danger"
      act={(signal) => deleteApiKey(apiKey.id, signal)}
      onDismiss={onDismiss}
      onDone={() => {
        unfollow(apiKey.id);
        announce(`${apiKey.name} is deleted`);
        onDone();
      }}
    >
      <KeyIds apiKey={apiKey} />
      <KeyExecutors bound={bound} />
      <p>
        {bound !== undefined && bound.length > 0
          ? "They are left without a key and have to be given one. "
          : ""}
        The key goes from the list for good; the audit log keeps what was done with it.
      </p>
    </ActionDialog>
  );
}
