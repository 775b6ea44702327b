import { createStore, useStore } from "./store.ts";

const TICK_MS = 1000;

/** One clock for all times on the page. */
const now = createStore(Date.now());
window.setInterval(() => {
  if (!document.hidden) {
    now.set(Date.now());
  }
}, TICK_MS);
document.addEventListener("visibilitychange", () => now.set(Date.now()));

/** Milliseconds since the epoch, anew each second. */
export function useNow(): number {
  return useStore(now);
}
