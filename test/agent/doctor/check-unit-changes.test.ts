import { describe, expect, it } from "vitest";
import { checkExecutor } from "../../../src/agent/doctor/check-executor.ts";
import { checkUnitChanges } from "../../../src/agent/doctor/check-unit-changes.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { ONLINE, ONLINE_FACTS } from "../../support/agent/fault-table.ts";

const LOADED = { LoadState: "loaded", NeedDaemonReload: false };
const DROP_IN = "/etc/systemd/system/novacula-agent.service.d/proxy.conf";

describe("a unit that is newer than its process", () => {
  it("needs a restart, and names its files", () => {
    const [check, ...more] = checkUnitChanges(
      { changed: [DROP_IN, "/etc/default/x"], inlineKey: undefined },
      LOADED,
    );
    expect(check?.detail).toContain(`started before ${DROP_IN}, /etc/default/x changed`);
    expect(remedyText(check?.remedy ?? [])).toMatch(/^Run: .*novacula-agent restart$/u);
    expect(more).toEqual([]);
  });

  it("is said once if systemd has to read it, too", () => {
    const changes = { changed: [DROP_IN], inlineKey: undefined };
    expect(checkUnitChanges(changes, { ...LOADED, NeedDaemonReload: true })).toEqual([]);
  });

  it.each(["bad-setting", "masked"])("has no restart while it is %s", (LoadState) => {
    const changes = { changed: [DROP_IN], inlineKey: undefined };
    expect(checkUnitChanges(changes, { ...LOADED, LoadState })).toEqual([]);
  });

  it("makes the remedy of an executor a restart: a retry would use the old settings", () => {
    const status = { ...ONLINE, state: "unreachable", reason: "So it is." } as const;
    const facts = { ...ONLINE_FACTS, reply: { kind: "answered", status } } as const;
    const remedy = (isUnitChanged: boolean) =>
      remedyText(checkExecutor({ ...facts, isUnitChanged }).at(-1)?.remedy ?? []);
    expect(remedy(true)).toMatch(/novacula-agent restart$/u);
    expect(remedy(false)).toMatch(/novacula-agent retry$/u);
    const accepted = checkExecutor({ ...facts, isUnitChanged: true, isAccepted: true }).at(-1);
    expect(remedyText(accepted?.remedy ?? [])).toMatch(
      /The service started before its unit changed, and still has the old settings\. .*restart$/u,
    );
  });
});

it("a key in the unit itself can be read by everybody", () => {
  const [check] = checkUnitChanges({ changed: [], inlineKey: "novacula.key" }, LOADED);
  expect(check?.status).toBe("warning");
  expect(remedyText(check?.remedy ?? [])).toMatch(
    /LoadCredential= instead\. Then run: (?:sudo )?systemctl daemon-reload && (?:sudo )?novacula-agent restart$/u,
  );
  expect(check?.detail).toContain("SetCredential=novacula.key");
  expect(checkUnitChanges({ changed: [], inlineKey: undefined }, LOADED)).toEqual([]);
});
