import { expect, it } from "vitest";
import { isStoppedProcess, isStoppedState } from "../../../src/agent/systemd/stopped-process.ts";

it.each([
  ["42 (novacula-agent) T 1 42", true],
  ["42 (a) T b) t 1 42", true],
  ["42 (T) S 1 42", false],
  ["42 (a) T b) R 1", false],
  ["", false],
])("%j", (stat, isStopped) => {
  expect(isStoppedState(stat)).toBe(isStopped);
});

it("no process is stopped that runs, or that is none", async () => {
  expect(await isStoppedProcess(process.pid)).toBe(false);
  expect(await isStoppedProcess(0)).toBe(false);
});
