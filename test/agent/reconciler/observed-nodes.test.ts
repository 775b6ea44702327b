import { expect, it } from "vitest";
import type { UnitState } from "../../../src/agent/reconciler/decide/unit-state.ts";
import { ObservedNodes } from "../../../src/agent/reconciler/observed-nodes.ts";
import { upUnit } from "../../support/agent/nodes.ts";
import { viewOf } from "../../support/agent/view-of-unit.ts";

const UP = upUnit();
const FACTS = { readingOf: () => undefined, obstacleOf: () => undefined, diskFreeBytes: null };

/** What is seen of a unit in one state after the other. */
function seen(states: readonly UnitState[]) {
  const clock = { now: () => 0, wall: (at: number) => at, fromWall: (at: number) => at };
  const nodes = new ObservedNodes(clock);
  return states.map((state) => {
    const [process] = nodes.of(viewOf(state), FACTS).processes;
    return `${process?.problem}: ${process?.reason}`;
  });
}

/** Right after its end, and a few seconds later: systemd has forgotten it. */
function ended(changes: Partial<UnitState>, restarts: number): [UnitState, UnitState] {
  const state = { ...UP, activeState: "activating", restarts };
  return [
    { ...state, subState: "auto-restart", result: "exit-code", ...changes },
    { ...state, subState: "start-pre", restarts: restarts + 1, startedAtMs: undefined },
  ];
}

it("how a process ended is said for as long as systemd waits, and not of the next end", () => {
  const exit = { how: "exited", status: 78 };
  const [atOnce, later] = ended({ exit }, 1);
  const [, missed] = ended({}, 2);
  const said = seen([UP, atOnce, later, later, { ...UP, restarts: 2 }, missed]);
  expect(said.slice(1, 4)).toEqual(Array(3).fill(expect.stringContaining("It ended (exit status 78)")));
  expect(said.at(-1)).toContain("for an unknown reason");
});

it("a kill for memory is said until a start that was asked for", () => {
  const [atOnce, later] = ended({ exit: { how: "killed", status: 9 }, result: "oom-kill" }, 0);
  const said = seen([UP, atOnce, later, { ...UP, restarts: 1 }, ended({}, 1)[1], UP, ended({}, 1)[1]]);
  expect(said[1]).toMatch(/^out_of_memory: .* at its limit of 1024 MiB/u);
  expect(said[2]).toMatch(/^out_of_memory: /u);
  expect(said[4]).toMatch(/^out_of_memory: /u);
  expect(said[6]).toMatch(/^crash_loop: /u);
});
