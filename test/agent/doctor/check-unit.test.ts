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
});
