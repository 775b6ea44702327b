import type { KeyReference } from "../api/decode.ts";

/** The first digits of the key's hash, which the agent's journal and `status` show, too. */
export function Fingerprint({ text }: { text: string }) {
  return <code title="Fingerprint, as in the agent's journal and status">{text}</code>;
}

/** The id and fingerprint of a key, which distinguish keys of the same name. */
export function KeyIds({ apiKey }: { apiKey: KeyReference }) {
  return (
    <span class="ids">
      <code>{apiKey.id}</code> <Fingerprint text={apiKey.fingerprint} />
    </span>
  );
}

/** A key's name, with its id and fingerprint below. */
export function KeyLabel({ apiKey }: { apiKey: KeyReference }) {
  return (
    <div class="label-with-id">
      <span class="name">{apiKey.name}</span>
      <KeyIds apiKey={apiKey} />
    </div>
  );
}
