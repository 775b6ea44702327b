import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { WaitList } from "../../src/lib/wait-list.ts";

const NEVER = new AbortController().signal;

it("wakes everybody who waits, and nobody who comes later", async () => {
  const list = new WaitList();
  const all = Promise.all([list.wait(60_000, NEVER), list.wait(60_000, NEVER)]);
  list.wake();
  await all;
  const controller = new AbortController();
  let isAwake = false;
  const late = list.wait(60_000, controller.signal).then(() => {
    isAwake = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAwake).toBe(false);
  controller.abort();
  await late;
});

it("ends a wait by time and by its signal, and leaves no listener behind", async () => {
  const list = new WaitList();
  const controller = new AbortController();
  const { signal } = controller;
  await list.wait(5, signal);
  const waiting = [list.wait(60_000, signal), list.until(() => false, signal)];
  controller.abort();
  await Promise.all(waiting);
  await Promise.all([list.wait(60_000, signal), list.until(() => false, signal)]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("tries a condition at once and at every wake", async () => {
  const list = new WaitList();
  const seen: number[] = [];
  let count = 0;
  const done = list.until(() => {
    seen.push(count);
    return count === 2;
  }, NEVER);
  for (count = 1; count <= 2; count += 1) {
    list.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  expect(seen).toEqual([0, 1, 2]);
  await list.until(() => true, NEVER);
});
