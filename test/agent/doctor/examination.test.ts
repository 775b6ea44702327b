import { describe, expect, it } from "vitest";
import { suspectedPlaces } from "../../../src/agent/cli/doctor/service-checks.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { type Check, examination, type Stage } from "../../../src/agent/doctor/examination.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const bad = (stage: Stage, detail: string = stage): Check => ({
  stage,
  status: "bad",
  detail,
  remedy: "Do it.",
});
const file = "/etc/systemd/system/service.d/50-baseline.conf";
const changed = [{ file, line: 3, section: "Service", name: "MemoryDenyWriteExecute", value: "yes" }];
const down = "ActiveState=failed\nResult=signal\nExecMainStatus=5";

function examined(...checks: readonly Check[]) {
  const { cause, checks: rows } = examination("/etc/novacula/agent.toml", checks);
  return { cause: cause?.stage, executor: rows.find(({ stage }) => stage === "executor")?.remedy };
}

describe("the cause", () => {
  it.each(["proxy", "dns", "tcp", "tls", "answer"] as const)(
    "is a line of this host that keeps the service down, before a server that is not reached at %s",
    (stage) => {
      const unit = checkUnit(serviceFacts(down), changed);
      expect(examined(bad(stage), ...unit, bad("executor"))).toEqual({
        cause: "unit",
        executor: "What is bad above (unit) comes first.",
      });
    },
  );

  it.each<[string, readonly Check[]]>([
    ["of a service that failed without such a line", checkUnit(serviceFacts(down))],
    ["of a service that runs", checkUnit(serviceFacts("ActiveState=active"), changed)],
    ["of a service that a person has stopped", checkUnit(serviceFacts("ActiveState=inactive"), changed)],
  ])("is the server %s", (_what, unit) => {
    expect(examined(bad("tcp"), ...unit).cause).toBe("tcp");
  });

  it.each(["file", "mode", "syntax", "key", "authentication"] as const)(
    "is what is wrong at %s before any line of the unit",
    (stage) => {
      expect(examined(bad(stage), ...checkUnit(serviceFacts(down), changed)).cause).toBe(stage);
    },
  );

  it("is a place that such a line asks for, if the service is down", () => {
    const bind = [{ ...changed[0], file, line: 4, section: "Service", name: "BindPaths", value: "/srv/x" }];
    const places = [bad("unit", "/srv/x does not exist")];
    const cause = (unit: readonly Check[]) =>
      examined(bad("tcp"), ...suspectedPlaces(places, bind, unit), ...unit).cause;
    expect(cause(checkUnit(serviceFacts(down), bind))).toBe("unit");
    expect(cause(checkUnit(serviceFacts("ActiveState=active"), bind))).toBe("tcp");
  });
});
