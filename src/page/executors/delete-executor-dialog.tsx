import { useId, useState } from "preact/hooks";
import { deleteExecutor, type Executor } from "../api/executors.ts";
import { KeyLabel } from "../keys/key-label.tsx";
import { announce } from "../state/announcement.ts";
import { useHeartbeatTimeout } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";

interface DeleteExecutorProps {
  readonly executor: Executor;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Says what is left of the executor, and lets the keys that serve only it go with it. */
export function DeleteExecutorDialog({ executor, onDismiss, onDone }: DeleteExecutorProps) {
  const { id, name, status, ownKeys } = executor;
  const [revokeKeys, setRevokeKeys] = useState(false);
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Delete ${name}?`}
      verb="Delete"
      kind="danger"
      act={(signal) => deleteExecutor(id, revokeKeys && ownKeys.length > 0, signal)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`${name} is deleted`);
        onDone();
      }}
    >
      {status === "online" ? (
        <p>
          It is online: stop its agent first (<code>systemctl stop novacula-agent</code>). It can be deleted
          once it has been silent for {timeout}.
        </p>
      ) : null}
      <OwnKeys executor={executor} revokeKeys={revokeKeys} onChange={setRevokeKeys} />
      <p>
        {revokeKeys && ownKeys.length > 0
          ? `${ownKeys.length === 1 ? "The key is" : "The keys are"} refused from the next request on. `
          : `A host that still runs ${name} with a key that works registers again, as a new executor. `}
        The audit log and the keys’ history keep its name. This cannot be undone.
      </p>
    </ActionDialog>
  );
}

interface OwnKeysProps {
  readonly executor: Executor;
  readonly revokeKeys: boolean;
  readonly onChange: (revokeKeys: boolean) => void;
}

function OwnKeys({ executor: { ownKeys }, revokeKeys, onChange }: OwnKeysProps) {
  const id = useId();
  if (ownKeys.length === 0) {
    return <p>No active key serves only this executor.</p>;
  }
  return (
    <div>
      <p>
        {ownKeys.length === 1
          ? "This key serves only this executor:"
          : "These keys serve only this executor:"}
      </p>
      <ul>
        {ownKeys.map((apiKey) => (
          <li key={apiKey.id}>
            <KeyLabel apiKey={apiKey} />
          </li>
        ))}
      </ul>
      <p class="choice">
        <input
          id={id}
          type="checkbox"
          checked={revokeKeys}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />{" "}
        <label for={id}>{ownKeys.length === 1 ? "Revoke it too" : "Revoke them too"}</label>
      </p>
    </div>
  );
}
