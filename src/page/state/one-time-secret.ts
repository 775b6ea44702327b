import type { IssuedKey } from "../api/api-keys.ts";
import { createStore } from "./store.ts";

/** A new key that its person has not stored yet: the one place in the page that holds a secret. */
export interface OneTimeSecret {
  readonly issued: IssuedKey;
  readonly title: string;
  /** The executor it is for, as it is to be called in agent.toml; undefined: unknown. */
  readonly executorName: string | undefined;
  /** What to do on a server that has no agent yet; undefined: there is one. */
  readonly connect: { readonly channel: string } | undefined;
}

export const oneTimeSecret = createStore<OneTimeSecret | undefined>(undefined);

/** Shows it, until the person says that it is stored; what it was for is then followed. */
export function showOnce(secret: OneTimeSecret): void {
  oneTimeSecret.set(secret);
}

// Whoever leaves the page in spite of the question has left the secret, too: it must not come back with the page.
window.addEventListener("pagehide", () => oneTimeSecret.set(undefined));
