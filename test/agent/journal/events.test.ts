import { expect, it } from "vitest";
import { EVENTS, type EventName } from "../../../src/agent/journal/events.ts";

/** Why what a control plane answers cannot make such a line come again and again. */
const NOT_BY_ANSWERS: Partial<Record<EventName, string>> = {
  "agent.not-started": "ends the process; systemd limits its starts",
  "agent.started": "once in a process",
  "agent.stopped": "once in a process",
  "agent.bug": "ends the process; systemd limits its starts",
  "config.applied": "a change of the files",
  "config.invalid": "a change of the files",
  "config.needs-restart": "a change of the files",
  "config.new": "a change of the files",
  "config.restored": "a change of the files",
  "config.switched": "the first acceptance after a change of the files",
  "executor.common-name": "a change of the files",
  "executor.renamed": "the first acceptance after a change of the files",
  "key.accepted": "the first acceptance of a process, or after a change of the files",
  "key.new": "a change of the files",
  "key.rotated": "the first acceptance after a change of the files",
  "key.unusable": "a change of the files",
  "key.warning": "a change of the files",
  "nodes.memory-damaged": "the disk's; the file is read once",
  "reload.requested": "a person's signal or command",
  "state.damaged": "the disk's; the file is read once",
  "sync.accepted": "debug: one for each sync is what was asked for",
  "sync.failed": "debug: one for each sync is what was asked for",
  "watch.degraded": "debug: the system's, not the control plane's",
};

const names = Object.keys(EVENTS).filter((name): name is EventName => name in EVENTS);

it("each event has a limit, or a reason why no answer can drive it; none has both", () => {
  const isLimited = (name: EventName) => "flaps" in EVENTS[name] && EVENTS[name].flaps === true;
  expect(names.filter((name) => isLimited(name) === name in NOT_BY_ANSWERS)).toEqual([]);
});

it("only what is said for debugging is exempt for its level", () => {
  const reasons = Object.entries(NOT_BY_ANSWERS).filter(([, reason]) => reason.startsWith("debug"));
  expect(reasons.map(([name]) => name).sort()).toEqual(
    names.filter((name) => EVENTS[name].level === "debug").sort(),
  );
});
