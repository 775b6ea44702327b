import type { KeyReference } from "../../api/decode.ts";
import { Link } from "../../ui/link.tsx";

/** The address of the key's page. */
export function keyPath(id: string): string {
  return `/api-keys/${encodeURIComponent(id)}`;
}

/** The first digits of the key's hash, which the agent's journal and `status` show, too. */
export function Fingerprint({ text }: { text: string }) {
  return (
    <code class="fingerprint" title="Fingerprint, as in the agent's journal and status">
      {text}
    </code>
  );
}

/** The fingerprint and id of a key, which distinguish keys of the same name. */
export function KeyIds({ apiKey }: { apiKey: KeyReference }) {
  return (
    <span class="ids">
      <Fingerprint text={apiKey.fingerprint} /> <code>{apiKey.id}</code>
    </span>
  );
}

/** A key's name, which leads to its page, with its fingerprint and id below. */
export function KeyLabel({ apiKey }: { apiKey: KeyReference }) {
  return (
    <div class="label-with-id">
      <Link to={keyPath(apiKey.id)} class="name">
        {apiKey.name}
      </Link>
      <KeyIds apiKey={apiKey} />
    </div>
  );
}

/** For a line of text: the name and the fingerprint, both leading to the key's page. */
export function KeyLink({ apiKey: { id, name, fingerprint } }: { apiKey: KeyReference }) {
  return (
    <Link to={keyPath(id)} class="key-link">
      <span class="text">{name}</span> <Fingerprint text={fingerprint} />
    </Link>
  );
}
