import { utcTime } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { capitalized } from "../../lib/sentence.ts";
import { forAgent, withSudo } from "../../lib/shell-word.ts";
import type { Entry } from "../journal/entry.ts";
import type { LeftNodes } from "./decide/left-nodes.ts";
import type { ListFinding } from "./decide/node-list.ts";
import type { Action } from "./decide/plan.ts";
import type { NodeView } from "./node-view.ts";

/** A line for what was done to a process or a node; undefined: it is not worth one. */
export function actionEntry({ kind, node, role, reason }: Action, { held }: NodeView): Entry | undefined {
  const { chain, network, clients } = held.spec;
  const client = clients.find((each) => each.role === role);
  const what = `${chain} ${network}, ${role}: ${client?.client ?? "?"} ${client?.version ?? "?"}`;
  const fields = { node, role };
  switch (kind) {
    case "run":
      return { event: "node.started", message: `Node ${node} is started (${what}): ${reason}.`, fields };
    case "restart":
      return { event: "node.restarted", message: `Node ${node} is restarted (${what}): ${reason}.`, fields };
    case "stop":
      return { event: "node.stopped", message: `Node ${node} is stopped (${what}): ${reason}.`, fields };
    case "delete":
      return { event: "node.deleted", message: `Node ${node} is deleted, and its data with it.`, fields };
    case "keep": {
      const purge = forAgent(`nodes purge ${node}`);
      const message = `Node ${node} is deleted. Its data is kept as ordered, and keeps its name. To delete the data, run: ${purge}`;
      return { event: "node.deleted", message, fields };
    }
    default:
      return undefined;
  }
}

/** A line for what was found in a control plane's answer about nodes. */
export function findingEntry(finding: ListFinding): Entry {
  switch (finding.kind) {
    case "refused":
      return {
        event: "nodes.list-refused",
        message: `The control plane's list of nodes is not used: ${finding.why}. All nodes go on as they are.`,
      };
    case "older-revision":
      return {
        event: "nodes.list-refused",
        message: `An order for node ${finding.name} is not used: it is revision ${finding.given}, and this host has revision ${finding.held}. The node goes on as it is. Fix: change the node on the control plane until its revision is higher.`,
      };
    case "name-in-use":
      return {
        event: "nodes.name-in-use",
        message: `A new node ${finding.name} waits: an earlier node still has that name and its data on this host. Fix: delete the earlier node, or run: ${forAgent(`nodes purge ${finding.name}`)}`,
      };
    case "unlisted":
      return {
        event: "nodes.unlisted",
        message: `The control plane's list does not have ${names(finding.names)}. They go on, because absence is no order. Fix: have the control plane delete them, or run: ${forAgent(`nodes forget ${finding.names[0] ?? ""}`)}`,
      };
    case "slowed":
      return {
        event: "nodes.held-back",
        message: `One list tells ${finding.names.length} running nodes to stop: ${names(finding.names)}. They stop one by one, a minute apart. If that is a mistake, start them again on the control plane.`,
      };
  }
}

/** A line for nodes of an executor that this host was before. */
export function leftEntry({ names: left, earlier, now }: LeftNodes): Entry {
  const [first = ""] = left;
  const was = printable(earlier, 64);
  const is = printable(now.name, 64);
  const [belong, them, goOn] =
    left.length === 1
      ? ["belongs", "it", "It goes on as it is"]
      : ["belong", "them", "They go on as they are"];
  return {
    event: "nodes.other-executor",
    message: `This host was executor ${was} until ${utcTime(now.since)}, and is ${is} since then. ${capitalized(names(left))} on this host ${belong} to ${was}, so no order for ${them} arrives as long as this host is ${is}. ${goOn}. Fix: set agent.name back to ${JSON.stringify(was)}: the agent applies it without a restart. Only if this host is to stay ${is}, give up each node of ${was}: ${forAgent(`nodes forget ${first}`, withSudo)}`,
    fields: { executor: is },
  };
}

/** Whether the control plane manages nodes; said when it changes. */
export function supportEntry(isSupported: boolean): Entry {
  return isSupported
    ? { event: "nodes.supported", message: "The control plane manages nodes now." }
    : {
        event: "nodes.unsupported",
        message:
          "The control plane does not manage nodes, or its answer about them could not be used. The executor is online without them. The agent asks again every hour.",
      };
}

export function unknownUnitsEntry(units: string): Entry {
  const message = `Units of nodes start at boot of which this agent knows nothing: ${units}. They go on, and the agent leaves them alone.`;
  return { event: "nodes.unknown-units", message };
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, 8).map((name) => printable(name, 40));
  const more = all.length > shown.length ? ` and ${all.length - shown.length} more` : "";
  return `${all.length === 1 ? "node" : "nodes"} ${shown.join(", ")}${more}`;
}

/** What becomes of the data of a node that was ordered to keep it. */
export function keptNode(name: string): string {
  return `Node ${name} is deleted, and its data is kept. To delete the data, run: ${forAgent(`nodes purge ${name}`, withSudo)}`;
}
