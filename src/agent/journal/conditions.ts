import type { Entry } from "./entry.ts";

/**
 * What is wrong with the running agent for as long as it lasts. The journal says it once; `status`
 * shows it, and doctor judges it, until it ends.
 */
export class Conditions {
  readonly #say: (entry: Entry) => void;
  readonly #held = new Map<string, Entry>();

  constructor(say: (entry: Entry) => void) {
    this.#say = say;
  }

  /** `id` tells it from others; a later entry with the same id replaces the first silently. */
  begin(id: string, entry: Entry): void {
    if (!this.#held.has(id)) {
      this.#say(entry);
    }
    this.#held.set(id, entry);
  }

  end(id: string): void {
    this.#held.delete(id);
  }

  list(): readonly Entry[] {
    return [...this.#held.values()];
  }
}
