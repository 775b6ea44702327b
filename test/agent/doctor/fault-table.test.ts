import { describe, expect, it } from "vitest";
import { checkExecutor } from "../../../src/agent/doctor/check-executor.ts";
import { checkPlaces } from "../../../src/agent/doctor/check-places.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { examination } from "../../../src/agent/doctor/examination.ts";
import { UNREACHABLE_CAUSES } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { NODE_PROBLEMS } from "../../../src/protocol/nodes/observed-node.ts";
import { FAULT_TABLE, GOOD_PLACES, ONLINE_FACTS } from "../../support/agent/fault-table.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

describe("the fault table: fault, stage, remedy", () => {
  it.each(FAULT_TABLE.map((row) => [row.fault, row] as const))("%s", (_fault, row) => {
    const { verdict, cause } = examination("/etc/novacula/agent.toml", row.checks());
    expect(verdict).toBe("bad");
    expect(cause?.stage).toBe(row.stage);
    expect(cause?.detail).toContain(row.says);
    expect(remedyText(cause?.remedy ?? [])).toContain(row.remedy);
  });

  it("has one row for each fault, and one for each cause that the agent knows", () => {
    const faults = FAULT_TABLE.map(({ fault }) => fault);
    expect(new Set(faults).size).toBe(faults.length);
    expect(faults).toEqual(expect.arrayContaining([...UNREACHABLE_CAUSES, ...NODE_PROBLEMS]));
  });

  it("finds nothing on a healthy host", () => {
    const checks = [
      ...checkUnit(serviceFacts()),
      ...checkPlaces(GOOD_PLACES),
      ...checkExecutor(ONLINE_FACTS),
    ];
    const { verdict, isOnline, cause } = examination("/etc/novacula/agent.toml", checks);
    expect({ verdict, isOnline, cause }).toEqual({ verdict: "ok", isOnline: true, cause: null });
  });
});
