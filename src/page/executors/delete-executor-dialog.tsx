import { useId, useState } from "preact/hooks";
import { deleteExecutor, type Executor } from "../api/executors.ts";
import { KeyLabel } from "../keys/shown/key-label.tsx";
import { useAnnounce, useHeartbeatTimeout } from "../state/page-state.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";

interface DeleteExecutorProps {
  readonly executor: Executor;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

/** Deletes an executor and, on request, revokes the keys that serve only this executor. */
export function DeleteExecutorDialog({ executor, onDismiss, onDone }: DeleteExecutorProps) {
  const { id, name, status, ownKeys } = executor;
  const announce = useAnnounce();
  const [revokeKeys, setRevokeKeys] = useState(false);
  const timeout = useHeartbeatTimeout();
  return (
    <ActionDialog
      title={`Delete ${name}?`}
      verb="Delete"
      kind="danger"
      operation={() => deleteExecutor(id, revokeKeys && ownKeys.length > 0)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`${name} is deleted.`);
        onDone();
      }}
    >
      {status === "online" ? (
        <p>
          It is online, and only an offline executor can be deleted. Stop its agent (
          <code>sudo novacula-agent stop</code>), then wait until it has been silent for {timeout}.
        </p>
      ) : null}
      <OwnKeys executor={executor} revokeKeys={revokeKeys} onChange={setRevokeKeys} />
      <p>
        {revokeKeys && ownKeys.length > 0
          ? `The control plane refuses ${ownKeys.length === 1 ? "the key" : "the keys"} from then on. `
          : `If a host still runs ${name} with a valid key, it registers again as a new executor. `}
        The audit log and the keys’ history keep its name. Deleting cannot be undone.
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
    return <p>This executor has no active key of its own.</p>;
  }
  return (
    <section>
      <p>
        {ownKeys.length === 1
          ? "One active key serves only this executor:"
          : "These active keys serve only this executor:"}
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
    </section>
  );
}
