import { createStore } from "./store.ts";

const TICK_MS = 1000;

/** One clock for all times on the page. It stands still while the tab is hidden. */
export class Clock {
  /** Epoch ms. */
  readonly now = createStore(Date.now());

  start(): void {
    const tick = () => {
      if (!document.hidden) {
        this.now.set(Date.now());
      }
    };
    window.setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", tick);
  }
}
