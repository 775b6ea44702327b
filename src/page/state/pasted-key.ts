import { KEY_LETTERS } from "../../protocol/key-shape.ts";

/** What a person typed or pasted that must not leave the browser. */
export type TypedSecret =
  | { readonly kind: "key"; readonly key: string }
  /** A part of a key, or another long run of letters that no name and no ID has. */
  | { readonly kind: "part" };

const KEY = new RegExp(`(?<!\\w)exc_\\w{${KEY_LETTERS}}(?!\\w)`);
/** Longer than any ID or fingerprint. */
const PART = /exc_\w{8,}|[A-Za-z0-9]{40,}/i;

/** The key in `text`, also in quotes or after `Bearer`; undefined: the text holds no secret. */
export function secretIn(text: string): TypedSecret | undefined {
  const [key] = KEY.exec(text) ?? [];
  if (key !== undefined) {
    return { kind: "key", key };
  }
  return PART.test(text) ? { kind: "part" } : undefined;
}

/**
 * The fingerprint that the page, the journal and the audit log show, as in protocol/fingerprint.ts.
 * Undefined: browsers hash only on pages from https or from this host.
 */
export async function fingerprintOf(key: string): Promise<string | undefined> {
  if (!window.isSecureContext) {
    return undefined;
  }
  const digest = await window.crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest).slice(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

/** The query without the values that hold a secret: the history keeps every URL. */
export function withoutSecrets(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([, value]) => secretIn(value) === undefined));
}
