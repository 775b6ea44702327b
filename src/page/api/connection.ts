import { createStore } from "../state/store.ts";

/** Whether the last request was answered; what the banner above every page shows. */
export type ServerConnection =
  | { readonly kind: "fine" }
  | {
      readonly kind: "lost";
      readonly sentence: string;
      /** Milliseconds since the epoch. */
      readonly since: number;
    };

const FINE: ServerConnection = { kind: "fine" };

export const serverConnection = createStore<ServerConnection>(FINE);

export function noteAnswered(): void {
  serverConnection.set(FINE);
}

export function noteLost(sentence: string): void {
  const before = serverConnection.get();
  if (before.kind === "lost" && before.sentence === sentence) {
    return;
  }
  serverConnection.set({ kind: "lost", sentence, since: before.kind === "lost" ? before.since : Date.now() });
}
