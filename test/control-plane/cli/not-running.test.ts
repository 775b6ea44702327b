import { expect, it } from "vitest";
import { startFix } from "../../../src/control-plane/cli/management/not-running.ts";
import { runCommand } from "../../support/control-plane/control-plane.ts";

const state = (load: string, active: string, result = "success", isLooping = false) => ({
  load,
  active,
  result,
  isLooping,
});

it.each([
  ["no service", undefined, /^start it with novacula-control-plane serve/],
  [
    "a stopped service",
    state("loaded", "inactive"),
    /^start its service:\nsudo systemctl start novacula-control-plane$/,
  ],
  [
    "a failed one",
    state("loaded", "failed", "exit-code"),
    /^start its service:\nsudo systemctl start .*\nWhy it ended:\nsudo journalctl/,
  ],
  [
    "a start limit",
    state("loaded", "failed", "start-limit-hit"),
    /^start its service:\nsudo systemctl reset-failed novacula-control-plane\nsudo systemctl start/,
  ],
  ["a masked one", state("masked", "inactive"), /sudo systemctl unmask novacula-control-plane\n/],
  ["another socket", state("loaded", "active"), /its service runs, with another socket.*--socket/],
  [
    "a start loop",
    state("loaded", "activating", "exit-code", true),
    /^its service fails at each start\. .*journalctl/s,
  ],
  ["a start", state("loaded", "activating"), /^its service is starting: run the command again/],
])("%s: the command that helps", (_what, found, fix) => {
  expect(startFix(found)).toMatch(fix);
});

it.each([`/${"s".repeat(107)}`, `/run/${"ü".repeat(52)}`, `/${"d".repeat(98)}/s`])(
  "a socket path that is too long is named as that: %s",
  async (path) => {
    const { exitCode, stderr } = await runCommand(["org", "list", "--socket", path]);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(
      /cannot be a socket: the path of a socket has at most 107 bytes, and this one needs 1\d\d/,
    );
    expect(stderr).toContain("Fix: name the control plane's socket");
  },
);
