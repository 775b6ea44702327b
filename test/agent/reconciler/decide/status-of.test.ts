import { describe, expect, it } from "vitest";
import { type StatusFacts, statusOf } from "../../../../src/agent/reconciler/decide/status-of.ts";
import { downUnit, type UnitState } from "../../../../src/agent/reconciler/decide/unit-state.ts";
import type { AnsweredReading } from "../../../../src/agent/reconciler/probe/probe-reading.ts";
import { upUnit } from "../../../support/agent/nodes.ts";

const answered = (changes: Partial<AnsweredReading> = {}): AnsweredReading => ({
  kind: "answered",
  height: 100,
  targetHeight: 100,
  peers: 3,
  progress: 1,
  isBehind: false,
  version: null,
  ...changes,
});
const silence = "connection refused";

function seen(state: Partial<UnitState>, facts: Partial<StatusFacts> = {}) {
  return statusOf({
    state: upUnit(state),
    isWantedRunning: true,
    reading: undefined,
    quietMs: 10_000,
    silence: undefined,
    startUpSecs: 60,
    syncMarginBlocks: 2,
    memoryLimitBytes: null,
    wasOutOfMemory: false,
    obstacle: undefined,
    ...facts,
  });
}

const crashing = { activeState: "activating", subState: "start-pre", restarts: 4 };

describe("the status of a process", () => {
  it.each([
    ["active without an answer, soon after its start", {}, { silence }, "starting"],
    ["active and not asked yet", {}, {}, "starting"],
    ["activating", { activeState: "activating", subState: "start-pre" }, {}, "starting"],
    ["active and it answers", {}, { reading: answered() }, "running"],
    ["two blocks behind", {}, { reading: answered({ targetHeight: 102 }) }, "running"],
    ["three blocks behind", {}, { reading: answered({ targetHeight: 103 }) }, "syncing"],
    ["behind by its own word", {}, { reading: answered({ isBehind: true }) }, "syncing"],
    ["inactive and not wanted", downUnit("x"), { isWantedRunning: false }, "stopped"],
    ["inactive and wanted, before its start", downUnit("x"), {}, "stopped"],
    ["stopping for good", { activeState: "deactivating" }, { isWantedRunning: false }, "running"],
  ] as const)("of one that is %s is %s", (_name, state, facts, status) => {
    expect(seen(state, facts)).toMatchObject({ status, problem: null });
  });

  it.each([
    ["crash_loop", crashing, {}],
    ["crash_loop", { activeState: "activating", subState: "auto-restart", restarts: 0 }, {}],
    ["crash_loop", { activeState: "failed", result: "exit-code" }, {}],
    ["crash_loop", { activeState: "inactive", isConditionMet: false }, {}],
    ["out_of_memory", { ...crashing, result: "oom-kill" }, {}],
    ["out_of_memory", crashing, { wasOutOfMemory: true }],
    ["unresponsive", {}, { silence, quietMs: 61_000 }],
  ] as const)("is an error with the cause %s", (problem, state, facts) => {
    expect(seen(state, facts)).toMatchObject({ status: "error", problem });
  });

  it("says how it ended, how often, and at which limit", () => {
    expect(seen({ ...crashing, exit: { how: "exited", status: 127 } }).reason).toContain(
      "It ended (exit status 127); systemd has restarted it 4 times",
    );
    expect(seen({ ...crashing, exit: { how: "dumped", status: 6 } }).reason).toContain(
      "It ended (signal 6);",
    );
    expect(seen({ ...crashing, exit: { how: "killed", status: 9 } }).reason).toContain(
      "It ended (signal 9, sent by somebody or for lack of memory);",
    );
    expect(seen({ ...crashing, result: "oom-kill" }, { memoryLimitBytes: 1024 ** 3 }).reason).toContain(
      "at its limit of 1024 MiB",
    );
  });

  it("shows an obstacle beside what goes on, and as an error if nothing runs", () => {
    const obstacle = { problem: "bad_spec", reason: "There is no setting x." } as const;
    expect(seen({}, { reading: answered(), obstacle })).toEqual({
      status: "running",
      problem: "bad_spec",
      reason: "There is no setting x.",
    });
    expect(seen(downUnit("x"), { obstacle })).toMatchObject({ status: "error", problem: "bad_spec" });
  });
});
