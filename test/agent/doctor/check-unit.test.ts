import { describe, expect, it } from "vitest";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { changedSettings } from "../../../src/agent/systemd/service/changed-settings.ts";
import { decodeServiceFacts } from "../../../src/agent/systemd/service/service-facts.ts";
import { type Assignment, assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { FAULT_TABLE } from "../../support/agent/fault-table.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

function statuses(shown: string) {
  return checkUnit(serviceFacts(shown)).map((check) => check.status);
}

describe("the unit", () => {
  it.each([
    ["runs", "", ["ok"]],
    ["is not installed", "LoadState=not-found", ["warning"]],
    ["is not enabled", "UnitFileState=disabled", ["ok", "warning"]],
    ["runs as a user of its own that is not the packaged one", "User=executor", ["ok"]],
    ["runs as the user of many programs", "User=nobody", ["ok", "warning"]],
    ["runs as that user by number", "User=65534\nGroup=novacula", ["ok", "warning"]],
    ["was edited since", "NeedDaemonReload=yes", ["ok", "warning"]],
    [
      "is stopped and not enabled: one command is for both",
      "ActiveState=inactive\nUnitFileState=disabled",
      ["bad"],
    ],
    [
      "has failed and is not enabled: its remedy does not enable it",
      "ActiveState=failed\nResult=signal\nExecMainStatus=9\nUnitFileState=disabled",
      ["bad", "warning"],
    ],
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
    ["ActiveState=failed\nResult=exit-code\nExecMainStatus=220", /could not prepare.*220/u, /journalctl/u],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=225",
      /set up its network .*225\/NETWORK/u,
      /journalctl/u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=127",
      /a shared library that its program needs is missing \(status 127\)/u,
      /journalctl/u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=203",
      /the program \/usr\/bin\/novacula-agent of its ExecStart= cannot be executed/u,
      /^Reinstall the package \("If the program itself does not start" in \S+\/service\.md\), then run: /u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=7",
      /the agent ended with status 7/u,
      /journalctl/u,
    ],
    [
      "ActiveState=failed\nResult=exit-code\nExecMainStatus=203\nExecStart={ path=/opt/bin/novacula-agent ; argv[]=/opt/bin/novacula-agent run ; ignore_errors=no ; pid=0 }",
      /the program \/opt\/bin\/novacula-agent of its ExecStart= cannot be executed/u,
      /^To see where ExecStart= is, run: .*systemctl cat novacula-agent\. Correct it, then run: .* daemon-reload && .*systemctl start novacula-agent$/u,
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
    expect(remedyText(found?.remedy ?? [])).toMatch(remedy);
  });

  it.each([
    ["200", "the folder / cannot be entered"],
    ["203", "cannot be executed"],
    ["217", "does not exist"],
  ])("needs no more than a start once the cause is gone: status %s", (status, cause) => {
    const shown = `ActiveState=failed\nResult=exit-code\nExecMainStatus=${status}\nNRestarts=5`;
    const [found] = checkUnit(serviceFacts(shown), [], { isRepaired: true });
    expect(found?.detail).toContain(cause);
    expect(found?.detail).toMatch(
      /It was so at its last start, and is not so now\. It was started too often/u,
    );
    expect(remedyText(found?.remedy ?? [])).toMatch(
      /^Run: (?:sudo )?systemctl reset-failed novacula-agent && (?:sudo )?systemctl start novacula-agent$/u,
    );
  });

  it("names the line of a program that cannot be executed", () => {
    const shown = `ActiveState=failed\nResult=exit-code\nExecMainStatus=203\nExecStart={ path=/opt/a ; argv[]=/opt/a run ; }`;
    const start = { file: "/etc/systemd/system/novacula-agent.service", line: 9 };
    const [found] = checkUnit(serviceFacts(shown), [], { isRepaired: false, start });
    expect(remedyText(found?.remedy ?? [])).toContain(
      `Correct ExecStart= in ${start.file} line 9, then run: `,
    );
  });

  describe("that systemd cannot use", () => {
    const FILE = "/etc/systemd/system/novacula-agent.service.d/override.conf";
    const start = { file: FILE, section: "Service", name: "ExecStart", value: "/usr/bin/novacula-agent run" };
    const TWICE = "Service has more than one ExecStart= setting, which is only allowed for oneshot services";
    const RESTART = / (?:Then run: |&& )\S*\s?systemctl daemon-reload && \S*\s?novacula-agent restart$/u;

    function found(
      complaint: string,
      changed: readonly Assignment[],
      dropIns = "",
      place?: Pick<Assignment, "file" | "line">,
    ) {
      const facts = serviceFacts(
        `LoadState=bad-setting\nFragmentPath=/usr/lib/systemd/system/novacula-agent.service\nDropInPaths=${dropIns}`,
      );
      const [check] = checkUnit(facts, changed, { isRepaired: false, complaint, start: place });
      expect(check?.detail).toContain(`(bad-setting): ${complaint}`);
      expect(remedyText(check?.remedy ?? [])).toMatch(RESTART);
      return { detail: check?.detail, remedy: check?.remedy };
    }

    it("has the remedy for a second ExecStart=, also if it is the same as the first", () => {
      const check = found(TWICE, [{ ...start, line: 3 }], "", { file: FILE, line: 3 });
      const remedy = remedyText(check.remedy ?? []).replaceAll("sudo ", "");
      expect(remedy).toContain(`a line ExecStart= without a value above line 3 of ${FILE}: `);
      expect(remedy).toMatch(/Run: sed -i --follow-symlinks '3i ExecStart=' \S+override\.conf && systemctl/u);
      expect(check.detail).toContain(`(${FILE} line 3)`);
      expect(found(TWICE, [], "", { file: FILE, line: 2 }).remedy).toMatchObject([
        { run: expect.stringContaining("'2i ExecStart='") },
      ]);
    });

    it("is corrected by hand if the second ExecStart= is in a file for several services", () => {
      const file = "/etc/systemd/system/service.d/x.conf";
      const check = found(TWICE, [{ ...start, file, line: 3 }], "", { file, line: 3 });
      expect(remedyText(check.remedy ?? [])).toMatch(
        /^Correct what was changed, or take it out\. Then run: /u,
      );
    });

    it("has what was changed, or its files, of which those of this host come before the package's", () => {
      const user = { ...start, name: "User", value: "no such", line: 2 };
      const check = found("Invalid user/group name", [user]);
      expect(remedyText(check.remedy ?? [])).toMatch(/^Correct what was changed, or take it out\. /u);
      expect(check.detail).toContain(`User=no such (${FILE} line 2)`);
      expect(remedyText(found(TWICE, []).remedy ?? [])).toContain(
        "that in /usr/lib/systemd/system/novacula-agent.service. ",
      );
      expect(remedyText(found(TWICE, [], `/lib/systemd/system/a.conf ${FILE}`).remedy ?? [])).toContain(
        `that in ${FILE}. `,
      );
    });
  });

  it.each([
    ["watchdog", "WatchdogSec=1"],
    ["timeout", "RuntimeMaxSec=8"],
    ["timeout", "TimeoutSec=1"],
  ])("that a limit of a drop-in has ended (%s) is to go without it: %s", (result, line) => {
    const file = "/etc/systemd/system/novacula-agent.service.d/x.conf";
    const changed = changedSettings(assignmentsOf(`[Service]\nNice=5\n${line}`, file));
    const [found] = checkUnit(serviceFacts(`ActiveState=failed\nResult=${result}`), changed);
    expect(remedyText(found?.remedy ?? []).replaceAll("sudo ", "")).toMatch(
      /^Take out what was changed: make its lines comments: sed -i --follow-symlinks '3s\/\^\/# \/' /u,
    );
    const [shipped] = checkUnit(serviceFacts(`ActiveState=failed\nResult=${result}`), []);
    expect(shipped?.detail).not.toContain("WatchdogSec");
  });

  it.each([
    [0, "the service has ended, and systemd starts it again: the agent ended with status 1"],
    [1, "the service ends again and again (1 restart): the agent ended with status 1"],
    [4, "the service ends again and again (4 restarts): the agent ended with status 1"],
  ])("that systemd starts again for the time %i says how often", (restarts, detail) => {
    const waits = "ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=1";
    expect(checkUnit(serviceFacts(`${waits}\nNRestarts=${restarts}`))[0]?.detail).toBe(detail);
  });

  it("says what keeps its user out of its folder", () => {
    const shown = "ActiveState=failed\nResult=exit-code\nExecMainStatus=200\nWorkingDirectory=/srv/w";
    const failed = (commands: readonly string[] | undefined) =>
      checkUnit(serviceFacts(shown), [], {
        isRepaired: false,
        obstacle: { problem: "novacula cannot enter /srv", commands },
      })[0];
    expect(failed(["chmod 755 /srv"])?.detail).toContain("(status 200/CHDIR): novacula cannot enter /srv");
    expect(remedyText(failed(["chmod 755 /srv"])?.remedy ?? [])).toMatch(
      /^Run: (?:sudo )?chmod 755 \/srv && .*reset-failed/u,
    );
    expect(remedyText(failed(undefined)?.remedy ?? [])).toMatch(
      /^Name another folder in WorkingDirectory=: .*systemctl edit novacula-agent\. Then run: /u,
    );
  });
});

/** The end of a service of which systemd shows nothing else, as an old or a damaged unit has it. */
const BARE = ["failed", "inactive", "activating"].flatMap((state) =>
  ["exit-code", "signal", "timeout", "start-limit-hit", "success", ""].flatMap((result) =>
    Array.from({ length: 256 }, (_, status) =>
      decodeServiceFacts(
        `LoadState=loaded\nActiveState=${state}\nSubState=auto-restart\nResult=${result}\nExecMainStatus=${status}`,
      ),
    ),
  ),
);

describe("every printed remedy", () => {
  it.each([
    ["of a unit without properties", () => BARE.flatMap((facts) => checkUnit(facts))],
    ["of a unit that cannot be loaded", () => checkUnit(decodeServiceFacts("LoadState=error"))],
    ["of a masked unit", () => checkUnit(decodeServiceFacts("LoadState=masked"))],
    ["of the fault table", () => FAULT_TABLE.flatMap(({ checks }) => checks())],
  ])("%s can be copied: no command has an empty argument", (_what, checks) => {
    const remedies = checks().flatMap(({ remedy }) => remedyText(remedy ?? []) || []);
    expect(remedies.length).toBeGreaterThan(0);
    for (const remedy of new Set(remedies)) {
      expect(remedy).not.toMatch(/''|""|undefined|\bnull\b|\S {2,}\S|&& *(?:&&|$)|\s$/u);
    }
  });
});

it.each([
  ["ExecStart", "/usr/bin/novacula-agent run # prod", "Result=exit-code\nExecMainStatus=64"],
  ["User", "novacula   # service account", "Result=exit-code\nExecMainStatus=217"],
  ["SupplementaryGroups", "adm #logs", "Result=exit-code\nExecMainStatus=216"],
])("a comment behind the value of %s= is named as the cause", (name, value, shown) => {
  const facts = serviceFacts(`ActiveState=failed\n${shown}`);
  const changed: Assignment[] = [{ section: "Service", name, value, file: "/etc/x.conf", line: 3 }];
  const [found] = checkUnit(facts, changed);
  expect(found?.detail).toContain(
    `/etc/x.conf line 3). In ${name}=, what begins with # is part of the value`,
  );
  expect(remedyText(found?.remedy ?? []).replaceAll("sudo ", "")).toContain(
    "Put the comment on a line of its own, then run: systemctl daemon-reload && systemctl reset-failed novacula-agent && systemctl start novacula-agent",
  );
});
