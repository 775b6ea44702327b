import { describe, expect, it } from "vitest";
import {
  checkChanges,
  unnamedChanges,
  withSuspects,
  withUnread,
} from "../../../src/agent/doctor/check-changes.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import type { Check } from "../../../src/agent/doctor/examination.ts";
import { assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import { remedyText, step } from "../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const FILE = "/etc/systemd/system/novacula-agent.service.d/site.conf";
const settings = (...lines: readonly string[]) => assignmentsOf(["[Service]", ...lines].join("\n"), FILE);

function check(lines: readonly string[], { shown = "", isServiceAlone = true, uptimeSecs = 5000 } = {}) {
  return checkChanges({
    changed: settings(...lines),
    facts: serviceFacts(shown),
    isServiceAlone,
    uptimeSecs,
  });
}

describe("a service that alone does not reach the control plane", () => {
  it.each([
    "PrivateNetwork=yes",
    "RestrictAddressFamilies=AF_UNIX",
    "IPAddressDeny=any",
    "Slice=offline.slice",
  ])("because of %s", (line) => {
    const [found] = check(["Nice=5", line]);
    expect(found).toMatchObject({ stage: "unit", status: "bad" });
    expect(found?.detail).toContain(`${line} (${FILE} line 3) keeps it`);
    expect(found?.detail).not.toContain("Nice");
    expect(remedyText(found?.remedy ?? [])).toContain("systemctl daemon-reload && ");
  });

  it("blames no setting that has nothing to do with the network", () => {
    expect(check(["Nice=5", "MemoryMax=200M"])).toEqual([]);
  });

  it("blames nothing if doctor does not reach it either, or if the service does not run", () => {
    expect(check(["PrivateNetwork=yes"], { isServiceAlone: false })).toEqual([]);
    expect(check(["PrivateNetwork=yes"], { shown: "ActiveState=failed" })).toEqual([]);
  });

  it("names few of many", () => {
    const many = Array.from({ length: 40 }, (_, at) => `BindPaths=/srv/${at}`);
    expect(check(many)[0]?.detail).toMatch(/\/srv\/4 \([^)]*\), 35 more keep it/u);
  });
});

describe("a service that ends again and again", () => {
  const restarted = (startedSecs: number) =>
    `NRestarts=7\nActiveEnterTimestampMonotonic=${startedSecs * 1_000_000}`;

  it("is named while it runs, with what was changed", () => {
    const [found] = check(["RuntimeMaxSec=8"], { shown: restarted(4990) });
    expect(found).toMatchObject({ stage: "unit", status: "warning" });
    expect(found?.detail).toMatch(
      /restarted it 7 times, the last time 10 s ago\. systemd ends it each time: RuntimeMaxSec=8 \(/u,
    );
    expect(remedyText(found?.remedy ?? [])).toMatch(/^Take that out of the unit/u);
    const [other] = check(["TimeoutStopSec=1"], { shown: restarted(4990) });
    expect(remedyText(other?.remedy ?? [])).toMatch(/^If that ends it, take it out, .*journalctl/u);
    const [crash] = check(["LimitNOFILE=18"], { shown: restarted(4990) });
    expect(crash?.detail).toContain("Its unit was changed on this host: LimitNOFILE=18");
    expect(remedyText(crash?.remedy ?? [])).toMatch(/^To see why, run: /u);
  });

  it("is forgotten once it has run for a while", () => {
    expect(check(["RuntimeMaxSec=8"], { shown: restarted(3000) })).toEqual([]);
  });

  it.each([
    ["Result=signal\nActiveState=failed", "bad"],
    ["Result=core-dump\nActiveState=activating\nSubState=auto-restart\nNRestarts=4", "bad"],
  ])("is bad when it does not run, and says what was changed: %s", (shown, status) => {
    const [found] = checkUnit(serviceFacts(shown), settings("LimitNOFILE=18"));
    expect(found).toMatchObject({ stage: "unit", status });
    expect(found?.detail).toContain(`LimitNOFILE=18 (${FILE} line 2)`);
    expect(remedyText(found?.remedy ?? [])).toContain(
      "If a changed setting is the cause, take it out, then run: ",
    );
  });

  it.each([
    ["ExecStart=/opt/novacula-agent run", "Result=exit-code\nExecMainStatus=203\nActiveState=failed"],
    ["User=agent", "Result=exit-code\nExecMainStatus=217\nActiveState=failed"],
  ])("is to be taken out, and nothing reinstalled: %s", (setting, shown) => {
    const [found] = checkUnit(serviceFacts(shown), settings(setting));
    expect(found?.detail).toContain(`${setting} (${FILE} line 2)`);
    expect(remedyText(found?.remedy ?? [])).toMatch(
      /^(?:If a changed setting is the cause, take it out|Take out what was changed)/u,
    );
    expect(remedyText(found?.remedy ?? [])).toMatch(/daemon-reload && .*start novacula-agent$/u);
  });

  it.each(["Requires=vpn.service", "ConditionPathExists=/srv/ready"])(
    "is named where the service is at rest: %s",
    (setting) => {
      const [found] = checkUnit(serviceFacts("ActiveState=inactive"), settings(setting));
      expect(found?.detail).toContain(`${setting} (${FILE} line 2)`);
      expect(remedyText(found?.remedy ?? [])).toMatch(
        /^Run: .*systemctl start novacula-agent\. If that fails, take out what was changed, then run: /u,
      );
    },
  );
});

describe("a failure at a file of the service", () => {
  const found = (stage: "mode" | "file" | "unit", status: "bad" | "ok" = "bad") =>
    ({
      stage,
      status,
      detail: "it cannot be read",
      remedy: [step("Run:", "chgrp nogroup /etc/novacula")],
    }) as const;

  it.each([
    ["mode", "User=nobody"],
    ["mode", "Group=nogroup"],
    ["mode", "SupplementaryGroups=adm"],
    ["mode", "DynamicUser=yes"],
    ["file", "ProtectHome=tmpfs"],
    ["file", "InaccessiblePaths=/etc/novacula"],
    ["file", "BindReadOnlyPaths=/srv/empty:/etc/novacula"],
    ["file", "TemporaryFileSystem=/etc"],
    ["file", "RootDirectory=/srv/root"],
    ["unit", "ReadOnlyPaths=/var/lib/novacula"],
    ["unit", "ReadWritePaths=/srv/none"],
    ["unit", "LimitFSIZE=0"],
    ["unit", "StateDirectory=other"],
    ["unit", "PrivateTmp=disconnected"],
  ] as const)("at %s names %s with its file, and says how to take it out", (stage, line) => {
    const check = withSuspects(found(stage), settings("Nice=5", line));
    expect(check.detail).toBe(
      `it cannot be read. Its unit was changed on this host: ${line} (${FILE} line 3)`,
    );
    expect(remedyText(check.remedy ?? [])).toMatch(
      /^If that should not be so, take that out, then run: .*restart\. Otherwise run: chgrp nogroup \/etc\/novacula$/u,
    );
  });

  it("names nothing else, nothing twice, and nothing where all is well", () => {
    const same = (check: ReturnType<typeof found>, line: string) =>
      expect(withSuspects(check, settings(line))).toBe(check);
    same(found("mode"), "Nice=5");
    same(found("mode"), "LimitFSIZE=0");
    same(found("mode", "ok"), "User=nobody");
    const once = withSuspects(found("mode"), settings("User=nobody"));
    expect(withSuspects(once, settings("User=nobody"))).toBe(once);
  });
});

describe("changes that no check has named", () => {
  const bad = { stage: "executor", status: "bad", detail: "it is offline", remedy: "Wait." } as const;
  const variable = "STATE_DIRECTORY (/etc/default/x line 2)";

  it("are named where something is bad, without the values of variables", () => {
    const [check] = unnamedChanges([bad], settings("CPUQuota=1%"), [variable]);
    expect(check).toMatchObject({ stage: "unit", status: "warning" });
    expect(check?.detail).toBe(
      `its unit was changed on this host: CPUQuota=1% (${FILE} line 2), Environment= ${variable}`,
    );
    expect(remedyText(check?.remedy ?? [])).toMatch(/take out what should not be there, then run: /u);
  });

  it("are not named twice, nor where nothing is bad", () => {
    const named = { ...bad, detail: `it is offline: CPUQuota=1% (${FILE} line 2), ${variable}` };
    expect(unnamedChanges([named], settings("CPUQuota=1%"), [variable])).toEqual([]);
    expect(unnamedChanges([{ ...bad, status: "ok" }], settings("CPUQuota=1%"), [variable])).toEqual([]);
    expect(unnamedChanges([bad], [], [])).toEqual([]);
  });
});

describe("a unit that was edited since systemd read it", () => {
  const UNREAD = `NeedDaemonReload=yes\nDropInPaths=${FILE}`;
  const NO_MATCH = `the proxy p (NO_PROXY (${FILE} line 3) is a.exmaple) would not connect (403)`;
  const bad = (stage: Check["stage"], detail: string, remedy = "Add it."): Check => ({
    stage,
    status: "bad",
    detail,
    remedy,
  });
  const applied = (found: Check, shown = UNREAD) => withUnread([found], serviceFacts(shown))[0];

  it.each<[what: string, found: Check]>([
    ["a variable of a drop-in", bad("proxy", NO_MATCH)],
    ["a place in the remedy", bad("proxy", "the proxy does not work", `add it to NO_PROXY (${FILE} line 3)`)],
    ["a drop-in that is gone by now", bad("proxy", "set in X (Environment= of novacula-agent.service)")],
    ["another agent.toml", bad("file", `/x does not exist (ExecStart= in ${FILE} line 3)`)],
    ["the sandbox", bad("file", "ProtectHome= of its unit hides it")],
    ["a start that failed", bad("unit", "its user x does not exist (status 217/USER)")],
  ])("has the remedy of a failure that comes from it: %s", (_what, found) => {
    const { detail, remedy } = applied(found) ?? {};
    expect(detail).toBe(
      `${found.detail}. The unit was edited since systemd read it, so this may be fixed already`,
    );
    expect(remedyText(remedy ?? [])).toMatch(
      /^To apply what was edited, run: (?:sudo )?systemctl daemon-reload && (?:sudo )?novacula-agent restart\. Then run doctor again\.$/u,
    );
    expect(applied(found, `DropInPaths=${FILE}`)).toBe(found);
  });

  it.each([
    bad("authentication", "the key is revoked"),
    bad("tcp", "refused, because the control plane ended (ExecStart= of novacula-control-plane)"),
    bad("file", "/etc/novacula/agent.toml does not exist"),
    { ...bad("unit", NO_MATCH), status: "warning" as const },
  ])("leaves $stage as it is if that is not of the unit: $detail", (found) => {
    expect(applied(found)).toBe(found);
  });

  it("starts a service again that has failed, and leaves one that is masked", () => {
    const failed = bad("unit", "the service has failed");
    expect(remedyText(applied(failed, `${UNREAD}\nActiveState=failed`)?.remedy ?? [])).toMatch(
      /daemon-reload && (?:sudo )?systemctl reset-failed novacula-agent && (?:sudo )?systemctl start novacula-agent\./u,
    );
    expect(applied(failed, `${UNREAD}\nLoadState=masked`)).toBe(failed);
  });

  it("has no warning beside the failure with the same command", () => {
    const facts = serviceFacts(UNREAD);
    const warnings = checkUnit(facts).filter(({ status }) => status === "warning");
    expect(warnings).toHaveLength(1);
    expect(withUnread([bad("proxy", NO_MATCH), ...warnings], facts)).toHaveLength(1);
    expect(withUnread([bad("key", "revoked"), ...warnings], facts)).toHaveLength(2);
  });
});
