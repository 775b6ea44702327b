import { createStore } from "./store.ts";

/** What the live region of the page says to a screen reader; also what a person sees for some seconds. */
export const announcement = createStore<{ readonly text: string; readonly at: number }>({ text: "", at: 0 });

export function announce(text: string): void {
  announcement.set({ text, at: Date.now() });
}
