import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { ProgressLine } from "../../../../src/control-plane/cli/migrate/progress-line.ts";

function lineOn(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const line = new ProgressLine({ stdin: process.stdin, stdout: stderr, stderr, environment: {} });
  return { line, shown: () => String(stderr.read() ?? "").split("\r\u001b[K") };
}

it("tells on a terminal what is done and how much of it, on one line", () => {
  const { line, shown } = lineOn(true);
  line.show("looking at", "the file");
  line.show("looking at", "auditEvent", 500);
  line.show("copying", "auditEvent", 500, 1_000_000);
  line.clear();
  expect(shown()).toEqual([
    "",
    "Looking at the file",
    "Looking at auditEvent: 500 rows",
    "Copying auditEvent: 500 of 1000000 rows",
    "",
  ]);
});

it("writes nothing to a pipe", () => {
  const { line, shown } = lineOn(false);
  line.show("copying", "auditEvent", 500, 1_000_000);
  line.clear();
  expect(shown()).toEqual([""]);
});
