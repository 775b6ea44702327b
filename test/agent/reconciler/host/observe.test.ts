import { describe, expect, it } from "vitest";
import { activityOf } from "../../../../src/agent/reconciler/decide/unit-state.ts";
import { readUnit } from "../../../../src/agent/reconciler/host/observe.ts";
import { parseUnits } from "../../../../src/agent/systemd/show-units.ts";
import {
  AFTER_OUT_OF_MEMORY,
  NEVER_STARTED,
  OUT_OF_MEMORY,
  RUNNING,
} from "../../../support/agent/recorded-units.ts";

function read(text: string) {
  const [[unit, values] = ["", new Map()]] = parseUnits(`${text}\n`);
  return readUnit(unit, values);
}

describe("what systemctl prints of a unit", () => {
  it("is told apart by the blank lines between units", () => {
    const units = parseUnits(`${RUNNING}\n\n${OUT_OF_MEMORY}\n\n${NEVER_STARTED}\n`);
    expect([...units.keys()]).toEqual([
      "litecoin-node@a.service",
      "litecoin-node@b.service",
      "litecoin-node@c.service",
    ]);
  });

  it("of one that runs", () => {
    const state = read(RUNNING);
    expect(state).toMatchObject({
      invocationId: "f1f1f4e5c8d94a0aa0e2ab7b8a4a6d6d",
      startedAtMs: 5_123_456.789,
      memoryBytes: 123_456_789,
      exit: undefined,
    });
    expect(activityOf(state)).toBe("up");
  });

  it("of one that the kernel killed for memory", () => {
    const state = read(OUT_OF_MEMORY);
    expect(state).toMatchObject({
      result: "oom-kill",
      restarts: 0,
      exit: { how: "killed", status: 9 },
      memoryBytes: null,
      controlGroup: undefined,
      needsDaemonReload: false,
    });
    expect(activityOf(state)).toBe("waiting");
    const later = read(AFTER_OUT_OF_MEMORY);
    expect(later).toMatchObject({ result: "success", restarts: 1, exit: undefined, startedAtMs: undefined });
    expect(later.controlGroup).toBe("/system.slice/system-litecoin\\x2dnode.slice/litecoin-node@b.service");
    expect(activityOf(later)).toBe("waiting");
    expect(read(RUNNING.replace("Reload=no", "Reload=yes")).needsDaemonReload).toBe(true);
  });

  it("of one that never started: its condition was never looked at", () => {
    const state = read(NEVER_STARTED);
    expect(state).toMatchObject({ invocationId: undefined, startedAtMs: undefined, isConditionMet: true });
    expect(activityOf(state)).toBe("down");
  });

  it("of none: it counts as down", () => {
    expect(activityOf(readUnit("x", new Map()))).toBe("down");
    expect(activityOf(readUnit("x", new Map([["ActiveState", "\u001b[31m"]])))).toBe("down");
  });

  it.each([
    ["active", "running", 0, 7, "stopping"],
    ["deactivating", "stop-sigterm", 0, 0, "stopping"],
    ["activating", "start-pre", 0, 0, "starting"],
    ["activating", "start-pre", 3, 0, "waiting"],
    ["activating", "auto-restart-queued", 0, 0, "waiting"],
    ["failed", "failed", 0, 0, "down"],
    ["inactive", "dead", 0, 9, "starting"],
  ])("that is %s, %s, with %d restarts and job %d is %s", (active, sub, restarts, job, activity) => {
    const text = RUNNING.replace("ActiveState=active", `ActiveState=${active}`)
      .replace("SubState=running", `SubState=${sub}`)
      .replace("NRestarts=0", `NRestarts=${restarts}`);
    expect(activityOf(read(`${text}\nJob=${job}`))).toBe(activity);
  });
});
