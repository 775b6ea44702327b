import { getEventListeners } from "node:events";
import { expect, it, vi } from "vitest";
import { createMailbox } from "../../../src/agent/daemon/mailbox.ts";
import { useFakeTime } from "../../support/agent/fake-time.ts";

const NEVER = new AbortController().signal;

it("hands messages on in their order", async () => {
  const mailbox = createMailbox<number>();
  for (const message of [1, 2, 3]) {
    mailbox.put(message);
  }
  await mailbox.wait(60_000, NEVER);
  expect([mailbox.take(), mailbox.take(), mailbox.take(), mailbox.take()]).toEqual([1, 2, 3, undefined]);
});

it("wakes its reader", async () => {
  const mailbox = createMailbox<string>();
  const waiting = mailbox.wait(60_000, NEVER);
  mailbox.put("now");
  await waiting;
  expect(mailbox.take()).toBe("now");
});

it("wakes its reader when the time is up, and when all is over, and leaves no listener behind", async () => {
  const mailbox = createMailbox<string>();
  const controller = new AbortController();
  await mailbox.wait(5, controller.signal);
  const waiting = mailbox.wait(60_000, controller.signal);
  controller.abort();
  await waiting;
  await mailbox.wait(60_000, controller.signal);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

it("waits for as long as a timer of Node can, not for no time at all", async () => {
  const mailbox = createMailbox<string>();
  let isOver = false;
  const waiting = mailbox.wait(Number.POSITIVE_INFINITY, NEVER).then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 10)));
  expect(isOver).toBe(false);
  mailbox.put("enough");
  await waiting;
});

it("does not wait for a moment that has come, or passed", async () => {
  useFakeTime();
  const mailbox = createMailbox<string>();
  await mailbox.wait(0, NEVER);
  await mailbox.wait(-5, NEVER);
  expect(vi.getTimerCount()).toBe(0);
});
