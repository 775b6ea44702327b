import type { Listing } from "../../../lib/command-line/listing.ts";
import { damageNotes } from "../../../lib/command-line/listing.ts";
import type { Cell } from "../../../lib/command-line/table.ts";
import { table } from "../../../lib/command-line/table.ts";
import type { Colour, Terminal } from "../../../lib/command-line/terminal.ts";
import { relativeTime, timeText } from "../../../lib/command-line/times.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { byteSize } from "../../../lib/text/byte-size.ts";
import type { Node } from "../management/node-outputs.ts";
import { stepOf } from "./wait-for-node.ts";

const COLOURS: Readonly<Partial<Record<Node["phase"], Colour>>> = {
  running: "green",
  syncing: "yellow",
  starting: "yellow",
  error: "red",
  deleting: "yellow",
};
/** A report that is older may no longer hold. */
const OLD_MS = 120_000;
const DAMAGE_REMEDY =
  "repair the row, or restore a backup. Until then its executor gets no list, and its nodes go on";

export function nodeListing(nodes: readonly Node[], empty: string, now: number): Listing {
  return {
    headings: ["NAME", "PHASE", "CHAIN", "NETWORK", "EXECUTOR", "HEIGHT", "PEERS", "REPORTED"],
    rows: nodes.map((node) => [
      node.name,
      phaseCell(node),
      node.chain,
      node.network,
      node.executor.name,
      heightOf(node),
      sumOf(node, "peers"),
      relativeTime(node.observedAt, now),
    ]),
    ids: nodes.map(({ id }) => id),
    empty,
    notes: [
      ...nodes
        .filter(({ reason, observed, phase }) => reason !== null && (observed !== null || phase === "kept"))
        .map(({ name, reason }) => `${name}: ${shownReason(reason)}`),
      ...damageNotes(nodes, DAMAGE_REMEDY),
    ],
  };
}

/** Everything about one node. */
export function nodeText(node: Node, terminal: Terminal, now: number): string {
  const facts: readonly (readonly [string, string])[] = [
    ["Node", `${node.name}, ${node.id}`],
    ["Executor", printable(node.executor.name)],
    ["Chain", `${node.chain} ${node.network}, ${node.nodeType} node`],
    ["Phase", `${stepOf(node)}${node.reason === null ? "" : `. ${shownReason(node.reason)}`}`],
    ["Ordered", `${orderOf(node)}, revision ${node.revision} of ${timeText(node.updatedAt, now)}`],
    ["Reported", reportOf(node, now)],
    ["Clients", node.clients.map(({ role, client, version }) => `${role}=${client}@${version}`).join(", ")],
    [
      "Settings",
      node.overrides.map(({ role, key, value }) => `${role}.${key}=${value}`).join(", ") || "defaults",
    ],
    ["Limits", node.limits.map(limitText).join(", ") || "none"],
    ["Ports", node.plannedPorts.map(portText).join(", ") || "none"],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  const lines = facts.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}\n`).join("");
  const processes = node.observed?.processes ?? [];
  return processes.length === 0 ? lines : `${lines}\n${processTable(node, terminal, now)}`;
}

function processTable(node: Node, terminal: Terminal, now: number): string {
  return table(
    ["ROLE", "STATUS", "SINCE", "RESTARTS", "HEIGHT", "PEERS", "MEMORY", "CLIENT"],
    (node.observed?.processes ?? []).map((each) => [
      each.role,
      each.problem === null ? each.status : `${each.status} (${each.problem})`,
      relativeTime(each.since, now),
      String(each.restarts),
      heightText(each.height, each.targetHeight),
      each.peers === null ? "" : String(each.peers),
      each.memoryBytes === null ? "" : byteSize(each.memoryBytes),
      `${each.client} ${each.version}`,
    ]),
    terminal,
  );
}

function phaseCell(node: Node): Cell {
  const colour = COLOURS[node.phase];
  const text = `${stepOf(node)}`.replace(", a change is pending", "*");
  return colour === undefined ? text : { text, colour };
}

function shownReason(reason: string | null): string {
  return printable(sentence(reason ?? ""), 400);
}

function orderOf({ deletion, desiredState }: Node): string {
  if (deletion === null) {
    return desiredState;
  }
  return deletion.keepData ? "deleted, with its data kept" : "deleted with its data";
}

function reportOf({ observedAt, observed }: Node, now: number): string {
  if (observedAt === null || observed === null) {
    return "nothing yet";
  }
  const isOld = now - Date.parse(observedAt) > OLD_MS;
  const old = isOld ? ". The executor is silent since: the processes may have changed" : "";
  const revision = observed.revision === null ? "" : `, running revision ${observed.revision}`;
  return `${timeText(observedAt, now)}${revision}${old}`;
}

function limitText({ role, memoryBytes, cpuMillis }: Node["limits"][number]): string {
  const parts = [
    ...(memoryBytes === null ? [] : [`${role} memory ${byteSize(memoryBytes)}`]),
    ...(cpuMillis === null ? [] : [`${role} cpu ${cpuMillis / 1000}`]),
  ];
  return parts.join(", ");
}

function portText({ role, name, port, protocol, reach }: Node["plannedPorts"][number]): string {
  const kind = protocol === "both" ? "tcp and udp" : protocol;
  return `${role}.${name} ${port} (${kind}, ${reach})`;
}

function heightOf({ observed }: Node): string {
  const heights = (observed?.processes ?? []).filter(({ height }) => height !== null);
  const [first] = heights;
  return first === undefined ? "" : heightText(first.height, first.targetHeight);
}

function heightText(height: number | null, target: number | null): string {
  if (height === null) {
    return "";
  }
  return target === null || target <= height ? String(height) : `${height}/${target}`;
}

function sumOf({ observed }: Node, field: "peers"): string {
  const values = (observed?.processes ?? []).flatMap((each) => each[field] ?? []);
  return values.length === 0 ? "" : String(values.reduce((sum, value) => sum + value, 0));
}
