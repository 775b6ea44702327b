import { useState } from "preact/hooks";
import type { ApiKey } from "../api/api-keys.ts";
import type { Executor } from "../api/executors.ts";
import { NewKeyDialog } from "../keys/new-key-dialog.tsx";
import { RotateKeyDialog } from "../keys/rotate-key-dialog.tsx";
import { usePageState } from "../state/page-state.ts";
import { DeleteExecutorDialog } from "./delete-executor-dialog.tsx";
import { RevokeAccessDialog } from "./revoke-access-dialog.tsx";

type Action = "key" | "revoke" | "delete";

interface ExecutorActionsProps {
  readonly executor: Executor;
  readonly organizationId: string;
  readonly onChanged: () => void;
}

/** What can be done with the executor now. What cannot work is not offered. */
export function ExecutorActions({ executor, organizationId, onChanged }: ExecutorActionsProps) {
  const [asked, setAsked] = useState<Action>();
  const { apiKey, status } = executor;
  const isActive = apiKey?.status === "active";
  // It has its successor already. A new key is for those who lost that one on the way to the host.
  const isRotated = apiKey !== null && isInGrace(apiKey);
  const close = () => {
    setAsked(undefined);
    onChanged();
  };
  return (
    <>
      <button type="button" class={isRotated ? undefined : "primary"} onClick={() => setAsked("key")}>
        {isActive && !isRotated ? "Rotate key" : "New key"}
      </button>
      {apiKey !== null && (isActive || apiKey.status === "damaged") ? (
        <button type="button" class="danger" onClick={() => setAsked("revoke")}>
          Revoke executor access
        </button>
      ) : null}
      {status === "online" ? null : (
        <button type="button" class="danger" onClick={() => setAsked("delete")}>
          Delete executor
        </button>
      )}
      {asked === undefined ? null : (
        <AskedDialog asked={asked} executor={executor} organizationId={organizationId} onClose={close} />
      )}
    </>
  );
}

function isInGrace({ status, revokesAt }: ApiKey): boolean {
  return status === "active" && revokesAt !== null;
}

interface AskedDialogProps {
  readonly asked: Action;
  readonly executor: Executor;
  readonly organizationId: string;
  readonly onClose: () => void;
}

function AskedDialog({ asked, executor, organizationId, onClose }: AskedDialogProps) {
  const { navigation } = usePageState();
  const { apiKey } = executor;
  if (asked === "delete") {
    return (
      <DeleteExecutorDialog
        executor={executor}
        onDismiss={onClose}
        onDone={() => navigation.go("/executors")}
      />
    );
  }
  if (apiKey === null || (asked === "key" && isInGrace(apiKey))) {
    return <NewKeyDialog organizationId={organizationId} target={executor} onClose={onClose} />;
  }
  return asked === "key" ? (
    <RotateKeyDialog
      apiKey={apiKey}
      executorId={executor.id}
      organizationId={organizationId}
      onDismiss={onClose}
      onDone={onClose}
    />
  ) : (
    <RevokeAccessDialog executor={executor} apiKey={apiKey} onDismiss={onClose} onDone={onClose} />
  );
}
