import { readFile, realpath, stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inTime, NoFileAnswer } from "../../src/lib/files/file-answer.ts";

const FILE = import.meta.filename;
/** Longer than a file may take to answer. */
const STALL_MS = 3300;

/** As SIGSTOP, a suspended machine or a busy host do it: nothing in this process goes on. */
function stall(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
}

describe("a pause of the whole process", () => {
  it("is not taken for a file that does not answer, in one step or in several", async () => {
    const path = "stalled";
    const asked = inTime(path, () => stat(FILE));
    const steps = inTime(`${path} in steps`, async () => {
      await realpath(FILE);
      await stat(FILE);
      return await readFile(FILE);
    });
    stall();
    expect((await asked).isFile()).toBe(true);
    expect((await steps).length).toBeGreaterThan(0);
  });

  it("leaves the limit for a file that really hangs", async () => {
    const answer = Promise.withResolvers<string>();
    const path = "hangs";
    const asked = inTime(path, () => answer.promise);
    await expect(asked).rejects.toThrow(NoFileAnswer);
    await expect(inTime(path, () => stat(FILE))).rejects.toThrow(/^has not answered since /);
    answer.resolve("late");
    await pause(0);
    expect((await inTime(path, () => stat(FILE))).isFile()).toBe(true);
  });
});
