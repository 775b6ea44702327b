import { expect, it } from "vitest";
import { Unchanged } from "../../../src/control-plane/store/sqlite/unchanged.ts";

/** A database of one number for each id, that counts how often it was read. */
function database() {
  const state = { reads: 0, values: new Map([["a", 1]]) };
  const kept = new Unchanged<number>();
  const get = (id: string) =>
    kept.get(id, async () => {
      state.reads += 1;
      return state.values.get(id);
    });
  const change = (value: number) => {
    state.values.set("a", value);
    kept.forget();
  };
  return { state, get, change };
}

it("reads once for as long as nothing changes", async () => {
  const { state, get } = database();
  expect([await get("a"), await get("a"), await get("a")]).toEqual([1, 1, 1]);
  expect(state.reads).toBe(1);
});

it("reads again after every change", async () => {
  const { state, get, change } = database();
  for (const value of [2, 3]) {
    await get("a");
    change(value);
    expect(await get("a")).toBe(value);
  }
  expect(state.reads).toBe(3);
});

it("looks each time for what is not there", async () => {
  const { state, get } = database();
  expect([await get("b"), await get("b")]).toEqual([undefined, undefined]);
  expect(state.reads).toBe(2);
});

it("does not keep what was read before a change, also where it came after it", async () => {
  const { get, change } = database();
  const slow = get("a");
  change(2);
  expect(await slow).toBe(1);
  expect(await get("a")).toBe(2);
});

it("does not answer from what a slow read brings after a change", async () => {
  const kept = new Unchanged<number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const slow = kept.get("a", () => promise);
  kept.forget();
  expect(await kept.get("a", async () => 2)).toBe(2);
  resolve(1);
  expect(await slow).toBe(1);
  expect(await kept.get("a", async () => 3)).toBe(2);
});
