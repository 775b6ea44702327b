import type { ApiKey } from "../../api/api-keys.ts";
import { Menu } from "../../ui/menu.tsx";

export type KeyAction = "rotate" | "revoke" | "delete";

interface KeyMenuProps {
  readonly apiKey: ApiKey;
  /** Whether another key in the list has the same name. */
  readonly hasTwin: boolean;
  readonly ask: (what: KeyAction) => void;
}

export function KeyMenu({ apiKey, hasTwin, ask }: KeyMenuProps) {
  const { name, status, revokesAt, fingerprint } = apiKey;
  const wasRotated = revokesAt === null ? undefined : "Already rotated. Rotate the new key instead";
  const items = [
    {
      label: "Rotate",
      onSelect: () => ask("rotate"),
      unavailable: status === "active" ? wasRotated : `The key is ${status}`,
    },
    {
      label: "Revoke",
      onSelect: () => ask("revoke"),
      unavailable: status === "revoked" ? "The key is revoked" : undefined,
      isDangerous: true,
    },
    {
      label: "Delete",
      onSelect: () => ask("delete"),
      unavailable: status === "revoked" || status === "damaged" ? undefined : "Revoke it first",
      isDangerous: true,
    },
  ];
  return <Menu label={`Actions for ${name}${hasTwin ? `, ${fingerprint}` : ""}`} items={items} />;
}
