import { describe, expect, it } from "vitest";
import { checkChanges } from "../../../src/agent/doctor/check-changes.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
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
    expect(found?.remedy).toContain("systemctl daemon-reload && ");
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
    expect(found?.detail).toMatch(/restarted it 7 times, the last time 10 s ago\. .*RuntimeMaxSec=8 \(/u);
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
    expect(found?.remedy).toContain("If a changed setting is the cause, take it out, then run: ");
  });

  it.each([
    ["ExecStart=/opt/novacula-agent run", "Result=exit-code\nExecMainStatus=203\nActiveState=failed"],
    ["User=agent", "Result=exit-code\nExecMainStatus=217\nActiveState=failed"],
  ])("is to be taken out, and nothing reinstalled: %s", (setting, shown) => {
    const [found] = checkUnit(serviceFacts(shown), settings(setting));
    expect(found?.detail).toContain(`${setting} (${FILE} line 2)`);
    expect(found?.remedy).toMatch(/^If a changed setting is the cause, take it out/u);
  });

  it.each(["Requires=vpn.service", "ConditionPathExists=/srv/ready"])(
    "is named where the service is at rest: %s",
    (setting) => {
      const [found] = checkUnit(serviceFacts("ActiveState=inactive"), settings(setting));
      expect(found?.detail).toContain(`${setting} (${FILE} line 2)`);
      expect(found?.remedy).toMatch(
        /^Run: .*systemctl start novacula-agent\. If that fails, take out what was changed, then run: /u,
      );
    },
  );
});
