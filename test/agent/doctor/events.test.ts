import { describe, expect, it } from "vitest";
import { conditionOf } from "../../../src/agent/daemon/status/condition.ts";
import { checkConditions } from "../../../src/agent/doctor/check-conditions.ts";
import { examination } from "../../../src/agent/doctor/examination.ts";
import { EVENTS, type EventName } from "../../../src/agent/journal/events.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { FAULT_TABLE } from "../../support/agent/fault-table.ts";
import { leaksIn } from "../../support/canary.ts";
import { makeKey } from "../../support/keys.ts";

/** A condition of the status: the agent holds it for as long as it lasts. */
const CONDITION = Symbol("condition");
/** What the line says is over when it is written. */
const MOMENT = Symbol("moment");

/** How doctor learns of what each error and each warning of the journal says. */
const SEEN: { readonly [Event in EventName]?: string | typeof CONDITION | typeof MOMENT } = {
  "agent.not-started": "the service runs nothing",
  "agent.bug": "it ends again and again",
  "agent.deprecated": CONDITION,
  "agent.out-of-support": CONDITION,
  "clock.off": "doctor compares the clocks itself",
  "config.invalid": "agent.toml is not valid",
  "config.needs-restart": CONDITION,
  "config.untried": "not-a-control-plane",
  "control-plane.kept-connection": "connection-refused",
  "control-plane.unreachable": "unreachable",
  "executor.common-name": CONDITION,
  "executor.duplicate": "another host is the same executor",
  "executor.renamed": MOMENT,
  "host.renamed": CONDITION,
  "journal.gap": MOMENT,
  "key.expiring": "doctor asks for the end of the key itself",
  "key.fallback": "the key is refused",
  "key.forbidden": "it is forbidden",
  "key.new-refused": "the key is refused",
  "key.refused": "its key is refused",
  "key.unusable": "the key is damaged",
  "key.warning": "the service may not read the key",
  "node.problem": "crash_loop",
  "nodes.bug": CONDITION,
  "nodes.held-back": "deletion_held_back",
  "nodes.list-refused": CONDITION,
  "nodes.memory-damaged": CONDITION,
  "nodes.name-in-use": "doctor reads the nodes of the agent",
  "nodes.other-executor": CONDITION,
  "nodes.unknown-units": "doctor reads the nodes of the agent",
  "nodes.unlisted": "a node runs that the control plane does not list",
  "nodes.unsupported": CONDITION,
  "nodes.unwritable": CONDITION,
  "socket.lost": "its socket was removed",
  "state.damaged": MOMENT,
  "state.unwritable": CONDITION,
  "systemd.unreachable": CONDITION,
};

const persons = (Object.keys(EVENTS) as EventName[]).filter((event) =>
  ["error", "warn"].includes(EVENTS[event].level),
);

describe("what the journal says at level error or warn", () => {
  it.each(persons)("%s is known to doctor", (event) => {
    const seen = SEEN[event];
    expect(seen, `${event} is not in the table`).toBeDefined();
    if (EVENTS[event].level === "error" && typeof seen === "string") {
      expect(FAULT_TABLE.map(({ fault }) => fault)).toContain(seen);
    }
  });

  it.each(persons.filter((event) => SEEN[event] === CONDITION))(
    "%s lasts: doctor shows it with a remedy, and fails if a person has to act",
    (event) => {
      const message = "It is so. So it is. Fix: do this";
      const { verdict, checks, isOnline } = examination(
        "/etc/novacula/agent.toml",
        checkConditions([conditionOf({ event, message })]),
      );
      expect(verdict).toBe(EVENTS[event].level === "error" ? "bad" : "ok");
      expect(checks).toMatchObject([
        { detail: "the running agent says: It is so. So it is", remedy: "Do this" },
      ]);
      // The executor may be online in spite of it.
      expect(isOnline).toBeNull();
    },
  );

  it.each(persons.filter((event) => SEEN[event] === CONDITION))(
    "%s has a remedy also if its line has none",
    (event) => {
      const [check] = checkConditions([conditionOf({ event, message: "It is so." })]);
      expect(remedyText(check?.remedy ?? [])).toMatch(/^[A-Z].{6,}/u);
      expect(remedyText(check?.remedy ?? [])).not.toContain("`");
    },
  );
});

it("a condition holds no key", () => {
  const key = makeKey();
  const { message } = conditionOf({ event: "nodes.bug", message: `A bug: ${key} was sent.` });
  expect(leaksIn(message, [key])).toEqual([]);
});

it("what an agent says that knows other events is shown as well", () => {
  const [check] = checkConditions([{ event: "state.gone", level: "error", message: "It is gone." }]);
  expect(check).toMatchObject({ stage: "unit", status: "bad", remedy: "Do what it says." });
});
