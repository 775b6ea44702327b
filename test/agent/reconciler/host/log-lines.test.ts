import { expect, it } from "vitest";
import { logLines } from "../../../../src/agent/reconciler/host/log-lines.ts";

it("shows each message with its time, printable, and leaves out what is no line of a journal", () => {
  const at = "1764331200000000";
  const lines = [
    JSON.stringify({ __REALTIME_TIMESTAMP: at, MESSAGE: "Done loading" }),
    JSON.stringify({ __REALTIME_TIMESTAMP: at, MESSAGE: [104, 105, 27] }),
    JSON.stringify({ __REALTIME_TIMESTAMP: at, MESSAGE: "a\u001b[31m\nb" }),
    JSON.stringify({ __REALTIME_TIMESTAMP: "x", MESSAGE: "no time" }),
    "{",
    "3",
  ];
  expect(logLines(lines)).toEqual([
    "2025-11-28T12:00:00.000Z Done loading",
    "2025-11-28T12:00:00.000Z hi",
    "2025-11-28T12:00:00.000Z a [31m b",
  ]);
});
