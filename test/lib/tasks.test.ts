import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { runTasks, type Task } from "../../src/lib/tasks.ts";

/** Runs until it is told to stop; `ended` says that it was. */
function patient() {
  const state = { ended: false };
  const task: Task = (signal) =>
    new Promise((resolve) => {
      const end = () => {
        state.ended = true;
        resolve();
      };
      if (signal.aborted) {
        end();
      } else {
        signal.addEventListener("abort", end);
      }
    });
  return { state, task };
}

describe("tasks that run together", () => {
  it("end when the signal says so, all of them, and leave no listener behind", async () => {
    const [a, b] = [patient(), patient()];
    const controller = new AbortController();
    const running = runTasks([a.task, b.task], controller.signal);
    controller.abort();
    await running;
    expect([a.state.ended, b.state.ended]).toEqual([true, true]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("end when one of them ends", async () => {
    const other = patient();
    await runTasks([async () => {}, other.task], new AbortController().signal);
    expect(other.state.ended).toBe(true);
  });

  it.each([
    ["rejects", async () => Promise.reject(new Error("first"))],
    [
      "throws at once",
      () => {
        throw new Error("first");
      },
    ],
  ])("reject with the first failure when one %s, after the others have ended", async (_name, failing) => {
    const other = patient();
    await expect(runTasks([failing, other.task], new AbortController().signal)).rejects.toThrow("first");
    expect(other.state.ended).toBe(true);
  });

  it("begin and end at once when it is over already", async () => {
    const task = patient();
    await runTasks([task.task], AbortSignal.abort());
    expect(task.state.ended).toBe(true);
  });
});
