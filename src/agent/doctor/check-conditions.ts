import { printable } from "../../lib/printable.ts";
import { capitalized } from "../../lib/sentence.ts";
import type { Condition } from "../daemon/status/condition.ts";
import { EVENTS, type EventName } from "../journal/events.ts";
import type { Check, Stage } from "./examination.ts";

/** Where each belongs that is not of nodes, and not of what the unit gives the agent. */
const STAGES: { readonly [Event in EventName]?: Stage } = {
  "agent.deprecated": "answer",
  "agent.out-of-support": "answer",
  "config.needs-restart": "syntax",
  "executor.common-name": "syntax",
  "host.renamed": "syntax",
};

/**
 * What the running agent says is wrong with it, beside its connection. An error needs a person, so
 * it is bad, also if the executor is online.
 */
export function checkConditions(conditions: readonly Condition[]): readonly Check[] {
  return conditions.map(({ event, level, message }) => {
    // Only the last part is what to do; the sentence before it is the agent's, word for word.
    const at = message.lastIndexOf(" Fix: ");
    const [what, fix] = at < 0 ? [message] : [message.slice(0, at), message.slice(at + " Fix: ".length)];
    return {
      stage: stageOf(event),
      status: level === "error" ? "bad" : "warning",
      detail: `the running agent says: ${printable(what, 600).replace(/\.$/u, "")}`,
      remedy: capitalized(fix ?? adviceOn(event)),
    };
  });
}

function stageOf(event: string): Stage {
  const known = new Map<string, Stage>(Object.entries(STAGES));
  return known.get(event) ?? (event.startsWith("nodes.") ? "nodes" : "unit");
}

/** An agent that was upgraded, and not restarted, may know events that are gone. */
function adviceOn(event: string): string {
  const known = new Map(Object.entries(EVENTS));
  return (known.get(event)?.remedy ?? "Do what it says.").replaceAll("`", "");
}
