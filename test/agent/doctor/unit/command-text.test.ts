import { expect, it } from "vitest";
import { commandText } from "../../../../src/agent/doctor/unit/command-text.ts";
import {
  failedCommand,
  lastLineIn,
  startCommandsIn,
} from "../../../../src/agent/systemd/unit/failed-command.ts";

const shown = (end: string, ignored = "no", name = "ExecStartPre") =>
  `${name}={ path=/srv/wait ; argv[]=/srv/wait ; pid=7 ; code=exited ; ignore_errors=${ignored} ; start_time=[@1764521429] ; stop_time=[@1764521430] ; pid=123 ; ${end} }`;

function textOf(lines: readonly string[], result = "exit-code", words?: string): string | undefined {
  const found = failedCommand(startCommandsIn(["Type=notify", ...lines].join("\n")));
  return found && commandText({ ...found, words }, result);
}

it.each([
  ["code=exited ; status=3", "ExecStartPre=/srv/wait of its unit ended with status 3: no link"],
  [
    "code=exited ; status=203",
    "ExecStartPre=/srv/wait of its unit cannot be executed (status 203/EXEC): no link",
  ],
  [
    "code=exited ; status=226",
    "ExecStartPre=/srv/wait of its unit could not be started (status 226): no link",
  ],
  [
    "code=killed ; status=9/KILL",
    "ExecStartPre=/srv/wait of its unit was ended by a signal (SIGKILL): no link",
  ],
])("a command that failed is named with its end and its last words: %s", (end, text) => {
  expect(textOf([shown("code=exited ; status=0"), shown(end)], "exit-code", "no link")).toBe(text);
});

it("one that hangs is named with the setting that ends it", () => {
  expect(textOf([shown("code=killed ; status=15/TERM")], "timeout")).toBe(
    "ExecStartPre=/srv/wait of its unit took longer than a start may (TimeoutStartSec=)",
  );
});

it.each([
  ["none failed", shown("code=exited ; status=0")],
  ["it has not run", shown("code=(null) ; status=0/0")],
  ["its end does not count", shown("code=exited ; status=3", "yes")],
  ["it runs beside a program that ended", shown("code=killed ; status=15/TERM", "no", "ExecStartPost")],
  ["there is none", "ExecStartPre="],
])("no command is named if %s", (_why, line) => {
  expect(textOf([line])).toBeUndefined();
});

it("the last words of a command are the last line, short and printable", () => {
  expect(lastLineIn("one\nmgmt0 is not up.\n\n")).toBe("mgmt0 is not up");
  expect(lastLineIn("novacula-agent.service: Failed to locate executable /x: No such file\n")).toBe(
    "Failed to locate executable /x: No such file",
  );
  expect(lastLineIn(`\u001b[31m${"x".repeat(999)}`)).toMatch(/^[ -~…]{100,250}$/u);
  expect(lastLineIn("")).toBeUndefined();
});

it("what it failed with is of the last start", () => {
  const found = failedCommand(startCommandsIn(shown("code=exited ; status=3")));
  expect(found).toMatchObject({ pid: "123", since: "@1764521429" });
});
