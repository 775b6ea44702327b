import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, newKey } from "../../../support/control-plane/store/new-records.ts";

const shared = engines.filter(({ name }) => name === "postgres");
/**
 * Reads begin 20 ms apart. A timer counts from the beginning of its turn of the event loop, so on a
 * busy machine it is early by as long as that turn took.
 */
const APART_MS = 15;

describe.each(shared)("the revision in $name", (engine) => {
  it("is read for all who ask within some milliseconds, however fast the server answers", async () => {
    const store = await storeOf(engine);
    /** When each was asked for first, ms. */
    const reads = new Map<Promise<string>, number>();
    while (reads.size < 21) {
      const read = store.revision();
      reads.set(read, reads.get(read) ?? performance.now());
      await nextTurn();
    }
    const times = [...reads.values()];
    const apart = times.slice(1).map((at, index) => at - (times[index] ?? at));
    expect(apart.toSorted((a, b) => a - b)[10]).toBeGreaterThan(APART_MS);
    expect(new Set(await Promise.all(reads.keys())).size, "nothing was changed").toBe(1);
  });

  it("is told to who asks during a pause, with what was committed in it", async () => {
    const store = await storeOf(engine);
    const before = await store.revision();
    const waiting = store.revision();
    await store.transaction(async ({ organizations, keys }) => {
      await organizations.insert(ACME);
      await keys.insert(newKey("k"));
    });
    const after = await store.revision();
    expect(after).not.toBe(before);
    expect([before, after]).toContain(await waiting);
  });
});
