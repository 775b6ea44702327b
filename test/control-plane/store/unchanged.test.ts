import { expect, it } from "vitest";
import { Unchanged } from "../../../src/control-plane/store/sqlite/unchanged.ts";

/** A database of one number for each id, that counts how often it was read. */
function database() {
  const state = { revision: "1", reads: 0, values: new Map([["a", 1]]) };
  const kept = new Unchanged<number>(() => state.revision);
  const get = (id: string) =>
    kept.get(id, async () => {
      state.reads += 1;
      return state.values.get(id);
    });
  return { state, get };
}

it("reads once for as long as nothing changes", async () => {
  const { state, get } = database();
  expect([await get("a"), await get("a"), await get("a")]).toEqual([1, 1, 1]);
  expect(state.reads).toBe(1);
});

it("reads again after every change", async () => {
  const { state, get } = database();
  for (const revision of ["2", "3"]) {
    await get("a");
    state.values.set("a", Number(revision));
    state.revision = revision;
    expect(await get("a")).toBe(Number(revision));
  }
  expect(state.reads).toBe(3);
});

it("looks each time for what is not there", async () => {
  const { state, get } = database();
  expect([await get("b"), await get("b")]).toEqual([undefined, undefined]);
  expect(state.reads).toBe(2);
});

it("does not keep what was read before a change that another reader has seen", async () => {
  const { state, get } = database();
  const slow = get("a");
  state.revision = "2";
  state.values.set("a", 2);
  expect(await get("b")).toBeUndefined();
  expect(await slow).toBe(1);
  expect(await get("a")).toBe(2);
});
