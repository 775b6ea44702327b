import { describe, expect, it } from "vitest";
import { checkManual } from "../../../src/agent/doctor/check-manual.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const FILE = "/etc/systemd/system/novacula-agent.service.d/x.conf";
const setting = (name: string, line: number) => ({
  section: "Unit",
  name,
  value: "yes",
  file: FILE,
  line,
});
const STOPPED = "ActiveState=inactive\nSubState=dead\nMainPID=0";

function found(shown: string, ...names: readonly string[]) {
  const changed = names.map((name, index) => setting(name, index + 2));
  return checkManual(serviceFacts(shown), changed).map(({ status, detail, remedy }) => [
    status,
    detail,
    remedyText(remedy ?? ""),
  ]);
}

describe("a unit that systemd does not start by hand", () => {
  it("is opened before it is started", () => {
    const [[status, detail, remedy] = []] = found(`${STOPPED}\nRefuseManualStart=yes`, "RefuseManualStart");
    expect(status).toBe("bad");
    expect(detail).toContain(`(RefuseManualStart=yes, ${FILE} line 2)`);
    expect(remedy).toMatch(
      /^Take that line out .* run: .*daemon-reload && .*systemctl start novacula-agent$/u,
    );
  });

  it("has no other remedy beside that one", () => {
    const facts = serviceFacts(`${STOPPED}\nRefuseManualStart=yes`);
    const remedies = checkUnit(facts, [setting("RefuseManualStart", 2)]).map((check) =>
      remedyText(check.remedy ?? ""),
    );
    expect(remedies.join()).not.toContain("systemctl start");
  });

  it("is enabled by the same command if it does not start at boot", () => {
    const shown = `${STOPPED}\nRefuseManualStart=yes\nUnitFileState=disabled`;
    expect(found(shown)[0]?.[2]).toMatch(/systemctl enable --now novacula-agent$/u);
  });

  it.each([["RefuseManualStart"], ["RefuseManualStop"], ["RefuseManualStart", "RefuseManualStop"]])(
    "that runs is warned of (%s %s)",
    (...names) => {
      const shown = names.map((name) => `${name}=yes`).join("\n");
      const [[status, detail, remedy] = []] = found(shown, ...names);
      expect(status).toBe("warning");
      for (const name of names) {
        expect(detail).toContain(`${name}=yes, ${FILE} line`);
      }
      expect(remedy).toMatch(/before the next restart, then run: .*daemon-reload$/u);
    },
  );

  it.each(["", STOPPED, `${STOPPED}\nRefuseManualStop=yes`, "LoadState=masked\nRefuseManualStart=yes"])(
    "is not one with %j",
    (shown) => {
      expect(found(shown)).toEqual([]);
    },
  );
});
