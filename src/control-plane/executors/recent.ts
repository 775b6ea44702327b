const GENERATION_MS = 60_000;

/** Values by id, for as long as they are used: one that is not asked for is gone after one to two minutes. */
export class Recent<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  private bornAt = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  get(id: string): Value | undefined {
    this.age();
    const value = this.young.get(id);
    if (value !== undefined) {
      return value;
    }
    const older = this.old.get(id);
    if (older !== undefined) {
      this.young.set(id, older);
    }
    return older;
  }

  set(id: string, value: Value): void {
    this.age();
    this.young.set(id, value);
  }

  private age(): void {
    const now = this.now();
    if (now - this.bornAt < GENERATION_MS) {
      return;
    }
    // After a longer silence nothing was used in the last minute.
    this.old = now - this.bornAt < 2 * GENERATION_MS ? this.young : new Map();
    this.young = new Map();
    this.bornAt = now;
  }
}
