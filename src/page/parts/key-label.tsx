import type { KeyReference } from "../server/decode.ts";

/** A key's name, with its id and fingerprint under it. */
export function KeyLabel({ apiKey }: { apiKey: KeyReference }) {
  return (
    <div class="label-with-id">
      <span class="name">{apiKey.name}</span>
      <span class="ids">
        <code>{apiKey.id}</code>{" "}
        <code title="Fingerprint: the agent's journal and `status` show the same">{apiKey.fingerprint}</code>
      </span>
    </div>
  );
}
