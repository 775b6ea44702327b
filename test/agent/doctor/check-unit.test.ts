import { describe, expect, it } from "vitest";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

function statuses(shown: string) {
  return checkUnit(serviceFacts(shown)).map((check) => check.status);
}

describe("the unit", () => {
  it.each([
    ["runs", "", ["ok"]],
    ["is not installed", "LoadState=not-found", ["warning"]],
    ["is not enabled", "UnitFileState=disabled", ["ok", "warning"]],
    ["was edited since", "NeedDaemonReload=yes", ["ok", "warning"]],
  ])("%s", (_what, shown, expected) => {
    expect(statuses(shown)).toEqual(expected);
  });

  it("cannot be asked about", () => {
    expect(checkUnit(undefined)).toMatchObject([{ status: "unknown" }]);
  });

  it.each([
    [
      "ActiveState=failed\nResult=signal\nExecMainStatus=31",
      /SIGSYS, SystemCallFilter=/u,
      /Once it is fixed, run: /u,
    ],
    ["ActiveState=failed\nResult=core-dump\nExecMainStatus=11", /SIGSEGV\), as in a crash/u, /journalctl/u],
    ["ActiveState=failed\nResult=signal\nExecMainStatus=9", /a signal ended it \(SIGKILL\)/u, /journalctl/u],
    ["ActiveState=failed\nResult=timeout", /RuntimeMaxSec=/u, /journalctl/u],
    ["ActiveState=activating\nSubState=start\nNRestarts=6", /again and again \(6 restarts\)/u, /journalctl/u],
    ["ActiveState=inactive\nUnitFileState=disabled", /inactive and disabled/u, /enable --now/u],
    [
      "ActiveState=inactive\nConditionResult=no\nConditionTimestampMonotonic=7",
      /inactive: systemd did not start it, because a condition of its unit \(Condition…=\) was not met/u,
      /^Meet that condition, .* Then run: \S*\s?systemctl start novacula-agent$/u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=238",
      /systemd could not make its StateDirectory= \/var\/lib\/novacula \(status 238\/STATE_DIRECTORY\)/u,
      /journalctl/u,
    ],
    ["ActiveState=failed\nResult=exit-code\nExecMainStatus=216", /216\/GROUP/u, /journalctl/u],
    ["ActiveState=failed\nResult=exit-code\nExecMainStatus=230", /could not prepare.*230/u, /journalctl/u],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=7",
      /the agent ended with status 7/u,
      /journalctl/u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=203\nExecStart={ path=/opt/bin/novacula-agent ; argv[]=/opt/bin/novacula-agent run ; ignore_errors=no ; pid=0 }",
      /the program \/opt\/bin\/novacula-agent of its ExecStart= cannot be executed/u,
      /^Correct ExecStart= .* daemon-reload && .*systemctl start novacula-agent$/u,
    ],
    ["ActiveState=inactive\nConditionResult=no", /the service is inactive$/u, /systemctl start/u],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=0",
      /a command that its unit runs before or after the agent failed/u,
      /journalctl/u,
    ],
  ])("%s", (shown, detail, remedy) => {
    const [found] = checkUnit(serviceFacts(shown));
    expect(found?.detail).toMatch(detail);
    expect(found?.remedy).toMatch(remedy);
  });
});
