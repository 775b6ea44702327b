import { describe, expect, it } from "vitest";
import { checkChanges, unnamedChanges, withSuspects } from "../../../../src/agent/doctor/check-changes.ts";
import { checkManual } from "../../../../src/agent/doctor/check-manual.ts";
import { checkUnit } from "../../../../src/agent/doctor/check-unit.ts";
import type { Check } from "../../../../src/agent/doctor/examination.ts";
import { otherUnitCause } from "../../../../src/agent/doctor/other-units.ts";
import { withoutCopy } from "../../../../src/agent/doctor/unit/unit-copy.ts";
import { copyEntry, unitDifference } from "../../../../src/agent/systemd/service/unit-difference.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { shippedUnit } from "../../../../src/agent/systemd/service-unit.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

const COPY = "/etc/systemd/system/novacula-agent.service";
const HIDES = `${COPY} hides the unit of the package`;
const REMOVED =
  /drop-in\. To move it away, run \(to undo it, move it back\): (?:sudo )?mv -bT (\/etc\/systemd\/system\/novacula-agent\.service) \1\.old && (?:sudo )?systemctl daemon-reload && (?:sudo )?novacula-agent restart/u;
const PACKAGED = "/usr/lib/systemd/system/novacula-agent.service";
/** As doctor finds it: what differs, and the whole file, which may have nothing of its own. */
const copied = (...lines: readonly string[]) => {
  const all = assignmentsOf(["[Service]", ...lines].join("\n"), COPY);
  const difference = unitDifference(all, PACKAGED);
  if (difference === undefined) {
    throw new Error("does not differ");
  }
  return [copyEntry(COPY, difference), ...all.map((one) => ({ ...one, isOfCopy: true }))];
};
const ofDropIn = (line: string) => assignmentsOf(`[Service]\n${line}`, `${COPY}.d/site.conf`);
const BAD: Check = { stage: "file", status: "bad", detail: "it does not exist", remedy: "Create it." };

/** Lines of it would be corrected one by one, and the next unit of the package still be hidden. */
function expectRemoval(check: Check | undefined, line: string): void {
  expect(check?.detail).toContain(HIDES);
  expect(check?.detail).not.toContain(line);
  expect(remedyText(check?.remedy ?? [])).toMatch(REMOVED);
}

describe("a copy of the whole unit that hides that of the package", () => {
  it.each([
    "ActiveState=failed\nResult=exit-code\nExecMainStatus=217",
    "ActiveState=failed\nResult=exit-code\nExecMainStatus=203",
    "ActiveState=activating\nSubState=auto-restart\nNRestarts=3\nResult=exit-code\nExecMainStatus=217",
  ])("is removed where the service does not run: %j", (shown) => {
    const [check] = checkUnit(serviceFacts(shown), copied("User=ghost", "ExecStart=/opt/agent run"));
    expectRemoval(check, "User=ghost (");
  });

  it("is removed where systemd cannot use it", () => {
    const facts = serviceFacts("LoadState=bad-setting");
    const [check] = checkUnit(facts, copied("ExecStart=agent"));
    expectRemoval(check, "ExecStart=agent (");
  });

  it("is removed where it names a file that is missing, or keeps the service off the network", () => {
    const check = withSuspects(BAD, copied("ProtectHome=yes"));
    expectRemoval(check, "ProtectHome=yes");
    expect(remedyText(check.remedy ?? [])).toMatch(/Otherwise: Create it\.$/u);
    expect(withSuspects(check, copied("ProtectHome=yes"))).toBe(check);
    const [alone] = checkChanges({
      changed: copied("PrivateNetwork=yes"),
      facts: serviceFacts(""),
      isServiceAlone: true,
      uptimeSecs: 5000,
    });
    expect(remedyText(alone?.remedy ?? [])).toMatch(REMOVED);
  });

  it("is named once, beside the settings of drop-ins", () => {
    const changed = [...copied("Nice=5", "CPUQuota=1%"), ...ofDropIn("MemoryMax=1G")];
    const [first, ...more] = unnamedChanges([BAD], copied("Nice=5"), []);
    expect(more).toEqual([]);
    expectRemoval(first, "Nice=5");
    const said = { ...BAD, detail: `it failed. ${HIDES}` };
    expect(unnamedChanges([said], copied("Nice=5", "CPUQuota=1%"), [])).toEqual([]);
    const [rest] = unnamedChanges([said], changed, []);
    expect(rest?.detail).toBe(`its unit was changed on this host: MemoryMax=1G (${COPY}.d/site.conf line 2)`);
    expect(remedyText(rest?.remedy ?? [])).not.toContain("mv ");
  });
});

describe("what such a copy has, and what it lacks", () => {
  const remedyOf = (...lines: readonly string[]) => {
    const [check] = checkUnit(
      serviceFacts("ActiveState=failed\nResult=exit-code\nExecMainStatus=217"),
      copied(...lines),
    );
    return remedyText(check?.remedy ?? []);
  };

  it("is listed before it is moved away", () => {
    const said = remedyOf(
      "User=ghost",
      "Environment=PROXY_PASSWORD=geheim",
      "ExecStart=/usr/bin/novacula-agent run",
    );
    expect(said).toContain(
      `${HIDES}: it has User=ghost (line 2), Environment= (line 3), and it lacks Wants=, After=, StartLimitIntervalSec=, StartLimitBurst=, `,
    );
    expect(said).toMatch(/, \d+ more\. What this host needs/u);
    expect(said).not.toContain("geheim");
  });

  it("is shown without the arguments of commands beside the agent's, and so are drop-ins", () => {
    const hook = "ExecStartPre=/usr/bin/curl -u ops:geheim https://hook.example";
    expect(remedyOf(hook)).toContain("it has ExecStartPre=/usr/bin/curl … (line 2), ");
    const [check] = unnamedChanges([BAD], ofDropIn(hook), []);
    expect(check?.detail).toBe(
      `its unit was changed on this host: ExecStartPre=/usr/bin/curl … (${COPY}.d/site.conf line 2)`,
    );
  });

  it("is no setting that has only another value", () => {
    const all = assignmentsOf(shippedUnit().replace("\nUser=novacula\n", "\nUser=ghost\n"), COPY);
    const difference = unitDifference(all, PACKAGED);
    expect(difference?.lacking.map(({ name }) => name)).toEqual(["User"]);
    const said = withoutCopy({ file: COPY, difference }).say;
    expect(said).toMatch(/ of the package: it has User=ghost \(line \d+\)\. What this host needs/u);
  });

  it("is only what differs", () => {
    const text = shippedUnit();
    const none = unitDifference(
      assignmentsOf(text.replace("Description=Novacula", "Description=Our"), COPY),
      PACKAGED,
    );
    expect(none).toBeUndefined();
    const old = assignmentsOf(text.replace("StateDirectory=novacula\n", ""), COPY);
    const found = unitDifference(old, PACKAGED);
    expect(found?.added).toEqual([]);
    expect(found?.lacking.map(({ name }) => name)).toEqual(["StateDirectory"]);
  });
});

describe("a file that only such a copy names", () => {
  const MISSING: Check = {
    stage: "unit",
    status: "bad",
    detail: "/etc/default/novacula-old, an EnvironmentFile= of its unit, does not exist",
    remedy: "Restore it.",
  };
  const of = (detail: string, ...lines: readonly string[]) =>
    withSuspects({ ...MISSING, detail }, copied("User=novacula", ...lines));

  it.each([
    ["EnvironmentFile=/etc/default/novacula-old", "/etc/default/novacula-old does not exist"],
    ["EnvironmentFile=-/etc/old.env", "/etc/old.env, an EnvironmentFile= of its unit, is not readable"],
    [
      "ExecStart=/usr/bin/novacula-agent run -c /etc/novacula/old.toml",
      "/etc/novacula/old.toml does not exist",
    ],
    ["Environment=NOVACULA_CONFIG=/srv/a.toml", "/srv/a.toml does not exist (named by NOVACULA_CONFIG)"],
    ['Environment="A=b" "NOVACULA_CONFIG=/srv/a.toml"', "/srv/a.toml: does not exist"],
    ["LoadCredential=key:/etc/old/key", "/etc/old/key, from which systemd loads it, does not exist"],
    ["ReadWritePaths=/srv/x /srv/old", "/srv/old does not exist"],
  ])("is not created: %s", (line, detail) => {
    const check = of(detail, line);
    expect(check.detail).toBe(
      `${detail}. ${HIDES}, and names this (${line.replace(/=.*/su, "=")} in line 3)`,
    );
    expect(remedyText(check.remedy ?? [])).toMatch(REMOVED);
    expect(remedyText(check.remedy ?? [])).not.toMatch(/Restore it|Otherwise/u);
    expect(withSuspects(check, copied(line))).toBe(check);
  });

  it.each([
    ["ReadWritePaths=/srv/old", "/srv/older does not exist"],
    ["ReadWritePaths=/srv/old", "/srv/old/x does not exist"],
    ["ReadWritePaths=/srv/old", "/mnt/srv/old does not exist"],
    [
      "ExecStart=/usr/bin/novacula-agent run -c /etc/novacula/agent.toml",
      "/etc/novacula/agent.toml does not exist",
    ],
    ["ExecStart=/usr/bin/novacula-agent run --verbose", "/usr/bin/novacula-agent does not exist"],
  ])("is not one that others need, too: %s", (line, detail) => {
    expect(of(detail, line).detail).not.toContain("names this");
  });
});

describe("a line of such a copy", () => {
  it("is not taken out by itself", () => {
    const unmet = [{ unit: "ghost.service", setting: "Requires", state: "does not exist" }] as const;
    const related = { unmet, rivals: [], awaited: [] };
    const changed = copied("User=nobody", "RefuseManualStart=yes").concat(
      assignmentsOf("[Unit]\nRequires=ghost.service", COPY).map((one) => ({ ...one, isOfCopy: true })),
    );
    const cause = otherUnitCause(related, changed, "systemctl start x");
    expect(remedyText(cause?.remedy ?? [])).toMatch(REMOVED);
    const awaited = otherUnitCause(
      { unmet: [], rivals: [], awaited: ["slow.service"] },
      copied("After=slow.service"),
      "systemctl start x",
    );
    expect(remedyText(awaited?.remedy ?? [])).toMatch(REMOVED);
    const [manual] = checkManual(serviceFacts("ActiveState=inactive\nRefuseManualStart=yes"), changed);
    expect(remedyText(manual?.remedy ?? [])).toMatch(REMOVED);
    const shared = checkUnit(serviceFacts("User=nobody"), changed).find(({ detail }) =>
      detail.includes("nobody"),
    );
    expect(remedyText(shared?.remedy ?? [])).toMatch(REMOVED);
  });
});
