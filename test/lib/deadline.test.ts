import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { inTime, startDeadline, untilAborted } from "../../src/lib/deadline.ts";

describe("a deadline", () => {
  it("aborts when its time is past, and says so", async () => {
    using deadline = startDeadline(5, new AbortController().signal);
    await untilAborted(new Promise(() => {}), deadline.signal);
    expect(deadline.isPast()).toBe(true);
  });

  it("aborts with its caller, and does not call that time", () => {
    const caller = new AbortController();
    using deadline = startDeadline(60_000, caller.signal);
    caller.abort();
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.isPast()).toBe(false);
  });

  it("leaves nothing behind", () => {
    const caller = new AbortController();
    startDeadline(60_000, caller.signal)[Symbol.dispose]();
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  });
});

describe("untilAborted", () => {
  it("gives the value, or the error, of the work", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("gives undefined at once when the work takes no notice, and swallows its late failure", async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<number>();
    const result = untilAborted(work.promise, controller.signal);
    controller.abort();
    expect(await result).toBeUndefined();
    work.reject(new Error("late"));
    expect(await untilAborted(Promise.resolve(1), AbortSignal.abort())).toBeUndefined();
  });
});

describe("inTime", () => {
  it("is as the work while there is time", async () => {
    expect(await inTime(Promise.resolve("done"), 60_000, "it did not end")).toBe("done");
    await expect(inTime(Promise.reject(new Error("failed")), 60_000, "it did not end")).rejects.toThrow(
      "failed",
    );
  });

  it("complains when the time is over", async () => {
    await expect(inTime(new Promise(() => undefined), 10, "it did not end")).rejects.toThrow(
      "it did not end within 0.01 s",
    );
  });
});
