import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { UnitState } from "../../../../src/agent/reconciler/decide/unit-state.ts";
import { downUnit } from "../../../../src/agent/reconciler/decide/unit-state.ts";
import { UnitObserver } from "../../../../src/agent/reconciler/host/unit-observer.ts";
import { upUnit } from "../../../support/agent/nodes.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const UNIT = "litecoin-node@a.service";
const ENABLED = new Set([UNIT]);

function scene(first: UnitState, hierarchy = "") {
  const root = tempDir();
  let now = 0;
  let state = first;
  let asked = 0;
  const clock = { now: () => now, wall: (at: number) => at, fromWall: (at: number) => at };
  const roots = ["", "unified", "systemd"].map((name) => join(root, name));
  const observer = new UnitObserver(clock, {
    roots,
    ask: async (units) => {
      asked += 1;
      return new Map(units.map((unit) => [unit, state]));
    },
  });
  const processes = (text: string) => {
    const path = join(root, hierarchy, "system.slice", UNIT, "cgroup.procs");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  return {
    look: async () => {
      await observer.observe([UNIT], ENABLED);
      return asked;
    },
    become: (next: UnitState) => {
      state = next;
    },
    wait: (ms: number) => {
      now += ms;
    },
    processes,
    observer,
    root,
  };
}

const up = upUnit({ controlGroup: `/system.slice/${UNIT}` });

it("asks systemd once in five minutes while the processes of a unit are the same", async () => {
  const { look, processes, wait } = scene(up);
  processes("17\n18\n");
  expect([await look(), await look(), await look()]).toEqual([1, 1, 1]);
  wait(300_000);
  expect([await look(), await look()]).toEqual([2, 2]);
});

it("knows without asking whether what it saw still holds", async () => {
  const { observer, processes, wait } = scene(up);
  processes("17\n");
  const states = (await observer.observe([UNIT], ENABLED)) ?? new Map();
  expect(observer.isUnchanged(states)).toBe(true);
  expect(observer.isUnchanged(new Map(states))).toBe(false);
  processes("18\n");
  expect(observer.isUnchanged(states)).toBe(false);
  processes("17\n");
  wait(299_999);
  expect(observer.isUnchanged(states)).toBe(true);
  wait(1);
  expect(observer.isUnchanged(states)).toBe(false);
  const later = (await observer.observe([UNIT], ENABLED)) ?? new Map();
  expect(observer.isUnchanged(later)).toBe(true);
  observer.invalidate();
  expect(observer.isUnchanged(later)).toBe(false);
});

it.each(["unified", "systemd"])("finds the processes in the %s hierarchy of an older host", async (name) => {
  const { look, processes } = scene(up, name);
  processes("17\n18\n");
  expect([await look(), await look()]).toEqual([1, 1]);
  processes("17\n");
  expect([await look(), await look()]).toEqual([2, 2]);
});

it("asks at once if a process has ended, another has started, or something was asked of a unit", async () => {
  const { look, processes, observer } = scene(up);
  processes("17\n");
  expect(await look()).toBe(1);
  processes("19\n");
  expect([await look(), await look()]).toEqual([2, 2]);
  observer.invalidate();
  expect([await look(), await look()]).toEqual([3, 3]);
});

it("asks each time while a unit starts, crashes or stops, and where the kernel shows no processes", async () => {
  const { look, processes, become } = scene({ ...up, activeState: "activating", restarts: 2 });
  processes("17\n");
  expect([await look(), await look()]).toEqual([1, 2]);
  become({ ...up, hasJob: true });
  expect([await look(), await look()]).toEqual([3, 4]);
  become({ ...up, controlGroup: undefined });
  expect([await look(), await look()]).toEqual([5, 6]);
  become(downUnit(UNIT));
  expect([await look(), await look()]).toEqual([7, 7]);
});

it("reads how much memory a unit has now from its control group", async () => {
  const { observer, root } = scene(up);
  const known = { ...up, memoryBytes: 1000 };
  const give = (folder: string, name: string, text: string) => {
    const place = join(root, folder, "system.slice", UNIT);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, name), text);
  };
  expect(observer.memoryOf(known)).toBe(1000);
  give("memory", "memory.usage_in_bytes", "2000\n");
  expect(observer.memoryOf(known)).toBe(2000);
  give("", "memory.current", "max\n");
  expect(observer.memoryOf(known)).toBe(2000);
  give("", "memory.current", "3000\n");
  expect(observer.memoryOf(known)).toBe(3000);
  // systemd does not know it, so nothing counts it.
  expect(observer.memoryOf({ ...known, memoryBytes: null })).toBe(null);
  expect(observer.memoryOf({ ...known, controlGroup: undefined })).toBe(1000);
});
