/** A very large fleet; beyond that everything is forgotten and read again. */
const MAX_KEPT = 150_000;

/** Keeps what was read until it is told to forget. What is not there is looked for each time. */
export class Unchanged<Value> {
  private kept = new Map<string, Value>();

  /** What `read` returned for this id the last time, or returns now. */
  async get(id: string, read: () => Promise<Value | undefined>): Promise<Value | undefined> {
    // What is read before `forget` ends in the map that is forgotten, also where it comes later.
    const { kept } = this;
    const known = kept.get(id);
    if (known !== undefined) {
      return known;
    }
    const value = await read();
    if (value === undefined) {
      return undefined;
    }
    if (kept.size >= MAX_KEPT) {
      kept.clear();
    }
    kept.set(id, value);
    return value;
  }

  /** To be called after every change, by whichever process, that what is kept could depend on. */
  forget(): void {
    this.kept = new Map();
  }
}
