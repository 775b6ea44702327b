import type { KeyReference } from "../api/decode.ts";

export const FINGERPRINT_SAYS = "Fingerprint: the agent's journal and status show the same";

/** The id and the fingerprint of a key: what tells two of one name apart. */
export function KeyIds({ apiKey }: { apiKey: KeyReference }) {
  return (
    <span class="ids">
      <code>{apiKey.id}</code> <code title={FINGERPRINT_SAYS}>{apiKey.fingerprint}</code>
    </span>
  );
}

/** A key's name, with its id and fingerprint under it. */
export function KeyLabel({ apiKey }: { apiKey: KeyReference }) {
  return (
    <div class="label-with-id">
      <span class="name">{apiKey.name}</span>
      <KeyIds apiKey={apiKey} />
    </div>
  );
}
