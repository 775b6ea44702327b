import { describe, expect, it } from "vitest";
import { checkChanges, unnamedChanges, withSuspects } from "../../../src/agent/doctor/check-changes.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import type { Check } from "../../../src/agent/doctor/examination.ts";
import { assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const COPY = "/etc/systemd/system/novacula-agent.service";
const HIDES = `${COPY} hides the unit of the package`;
const REMOVED =
  /drop-in, then run: (?:sudo )?rm \/etc\/systemd\/system\/novacula-agent\.service && (?:sudo )?systemctl daemon-reload && (?:sudo )?novacula-agent restart/u;
const copied = (...lines: readonly string[]) =>
  assignmentsOf(["[Service]", ...lines].join("\n"), COPY).map((one) => ({ ...one, isOfCopy: true }));
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
    expect(remedyText(rest?.remedy ?? [])).not.toContain("rm ");
  });
});
