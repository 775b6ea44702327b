/** A very large fleet; beyond that everything is forgotten and read again. */
const MAX_KEPT = 150_000;

/** Keeps what was read for as long as the database has not changed since. What is not there is looked for each time. */
export class Unchanged<Value> {
  private readonly kept = new Map<string, Value>();
  private readonly revision: () => string;
  private keptAt = "";

  /** `revision` differs after every change, by whichever process, that what is kept could depend on. */
  constructor(revision: () => string) {
    this.revision = revision;
  }

  /** What `read` returned for this id the last time, or returns now. */
  async get(id: string, read: () => Promise<Value | undefined>): Promise<Value | undefined> {
    // Before it is read: a change in between makes it newer than it is taken for, and it is read once more.
    const revision = this.revision();
    if (revision !== this.keptAt || this.kept.size >= MAX_KEPT) {
      this.kept.clear();
    }
    this.keptAt = revision;
    const known = this.kept.get(id);
    if (known !== undefined) {
      return known;
    }
    const value = await read();
    if (value !== undefined && this.keptAt === revision) {
      this.kept.set(id, value);
    }
    return value;
  }
}
