import type { KeyReader } from "../store/contract/keys.ts";

/**
 * Knows whether the database has no key at all, as a new one, so that every executor is refused.
 * Once there was a key, it looks no more.
 */
export class FirstKeyWatch {
  isKeyless = false;
  private readonly keys: Pick<KeyReader, "any">;
  private isOver = false;

  constructor(keys: Pick<KeyReader, "any">) {
    this.keys = keys;
  }

  /** Rejects if the store fails. */
  async look(): Promise<void> {
    if (!this.isOver) {
      this.isOver = await this.keys.any();
      this.isKeyless = !this.isOver;
    }
  }
}
