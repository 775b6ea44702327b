import type { ComponentChildren } from "preact";
import { createApiKey, type IssuedKey } from "../api/api-keys.ts";
import type { KeyReference, Reference } from "../api/decode.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { type Expiry, expiresAt } from "./expiry-field.tsx";
import { useShowIssued } from "./rotation/show-issued.ts";

interface CreateKeyProps {
  readonly title: string;
  readonly organizationId: string;
  readonly name: string;
  readonly expiry: Expiry;
  /** The executor that it is for; undefined: a new one. */
  readonly target: Reference | undefined;
  /** The key that the target has now. */
  readonly old: KeyReference | undefined;
  /** The id of the line that says what has to be known first. */
  readonly waitsFor?: string | undefined;
  readonly onDismiss: () => void;
  readonly onCreated: () => void;
  /** The fields. */
  readonly children: ComponentChildren;
}

/** Creates a key from what the fields say, then shows it once. */
export function CreateKeyDialog(props: CreateKeyProps) {
  const { title, organizationId, name, expiry, target, old, waitsFor, onDismiss, onCreated, children } =
    props;
  const show = useShowIssued(organizationId);
  const done = (issued: IssuedKey) => {
    onCreated();
    show({
      issued,
      title: `${issued.apiKey.name} is created`,
      old,
      executors: target === undefined ? [] : [target],
    });
  };
  return (
    <ActionDialog
      title={title}
      verb="Create"
      waitsFor={waitsFor}
      operation={() =>
        createApiKey({
          name: name.trim(),
          expiresAt: expiresAt(expiry, Date.now()),
          target: target?.id ?? null,
        })
      }
      onDismiss={onDismiss}
      onDone={done}
    >
      {children}
    </ActionDialog>
  );
}
