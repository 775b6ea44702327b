import { describe, expect, it } from "vitest";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { relatedIn } from "../../../src/agent/systemd/service/related-units.ts";
import { parseUnits } from "../../../src/agent/systemd/show-units.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const FILE = "/etc/systemd/system/novacula-agent.service.d/vpn.conf";

/** What doctor says of a service at rest with these relations, if systemd shows the other units so. */
function said(relations: string, shown: string, setting?: readonly [name: string, value: string]) {
  const facts = serviceFacts(`ActiveState=inactive\nSubState=dead\n${relations}`);
  const [name = "", value = ""] = setting ?? [];
  const changed = setting === undefined ? [] : [{ section: "Unit", name, value, file: FILE, line: 2 }];
  const related = relatedIn(facts, parseUnits(shown));
  const [found] = checkUnit(facts, changed, { isRepaired: false, related });
  return { status: found?.status, detail: found?.detail ?? "", remedy: remedyText(found?.remedy ?? []) };
}

const unit = (id: string, load: string, active: string, job = 0) =>
  `Id=${id}\nLoadState=${load}\nActiveState=${active}${job === 0 ? "" : `\nJob=${job}`}\n\n`;

describe("another unit that keeps the service at rest", () => {
  it.each([
    ["Requires", unit("vpn.service", "loaded", "failed"), "has failed"],
    ["BindsTo", unit("vpn.service", "not-found", "inactive"), "does not exist"],
    ["Requires", unit("vpn.service", "masked", "inactive"), "is masked"],
    ["Requires", unit("vpn.service", "bad-setting", "inactive"), "cannot be used"],
    ["Requisite", unit("vpn.service", "loaded", "inactive"), "does not run"],
  ])("is named with its line: %s= of one that… %#", (setting, shown, state) => {
    const { status, detail, remedy } = said(`${setting}=sysinit.target vpn.service`, shown, [
      setting,
      "vpn.service",
    ]);
    expect(status).toBe("bad");
    expect(detail).toBe(
      `the service is inactive: vpn.service, without which it does not start (${setting}=vpn.service, ${FILE} line 2), ${state}`,
    );
    expect(remedy).toContain("systemctl start novacula-agent");
    expect(remedy).toContain("take it out of that line");
  });

  it("is no obstacle if the start of the service starts it", () => {
    const shown = unit("vpn.service", "loaded", "inactive") + unit("a.service", "loaded", "active");
    expect(said("Requires=vpn.service\nRequisite=a.service", shown).detail).toBe("the service is inactive");
  });

  it.each(["Conflicts", "ConflictedBy"])("is the one that runs in its place, by %s=", (setting) => {
    const shown = unit("old.service", "loaded", "active") + unit("shutdown.target", "loaded", "inactive");
    const { detail, remedy } = said(`${setting}=shutdown.target old.service`, shown);
    expect(detail).toContain("old.service runs, and systemd lets only one of the two run");
    expect(remedy).toMatch(/disable --now old\.service && (?:sudo )?systemctl start novacula-agent$/u);
  });

  it("is the one that a queued start waits for, not those that wait too", () => {
    const shown =
      unit("network-online.target", "loaded", "inactive", 8) +
      unit("wait.service", "loaded", "activating", 9) +
      unit("basic.target", "loaded", "active");
    const relations = "After=basic.target network-online.target wait.service";
    const { detail, remedy } = said(`Job=7\n${relations}`, shown, ["After", "a.service wait.service"]);
    expect(detail).toBe(
      `the service is inactive: systemd starts it only after wait.service (After=wait.service, ${FILE} line 2), which is still starting`,
    );
    expect(remedy).toMatch(/systemctl stop wait\.service$/u);
    expect(said(relations, shown).detail).toBe("the service is inactive");
  });
});
