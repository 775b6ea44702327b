import type { IssuedKey } from "../api/api-keys.ts";
import { createStore } from "./store.ts";

/** A new key that the person has not stored yet. */
export interface ShownSecret {
  readonly issued: IssuedKey;
  readonly title: string;
  /** The executor's name in agent.toml; undefined: not known. */
  readonly executorName: string | undefined;
  /** For a server without an agent; undefined: it has one. */
  readonly connect: { readonly channel: string } | undefined;
}

/** The only place in the page that holds a secret, until the person says that they stored it. */
export class OneTimeSecret {
  readonly shown = createStore<ShownSecret | undefined>(undefined);

  /** A person who leaves the page loses the secret: the browser's cache must not bring it back. */
  start(): void {
    window.addEventListener("pagehide", () => this.forget());
  }

  show(secret: ShownSecret): void {
    this.shown.set(secret);
  }

  forget(): void {
    this.shown.set(undefined);
  }
}
