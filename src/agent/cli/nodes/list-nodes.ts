import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { type Cell, table } from "../../../lib/command-line/table.ts";
import { complain, paint, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { forAgent } from "../../../lib/shell-word.ts";
import {
  type NodeStatus,
  type NodesStatus,
  nodeState,
  problemOfNode,
} from "../../daemon/status/nodes-status.ts";
import { NODE_DATA } from "../../reconciler/host/places.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { askNodes, nodeNamed } from "./ask-nodes.ts";

export interface ListOptions extends ConfigOptions {
  readonly json?: boolean;
}

/** Prints a table of all nodes; with problems below it. */
export async function listNodes(options: ListOptions, terminal: Terminal): Promise<ExitCode> {
  const status = await askNodes(options, terminal);
  if (options.json === true) {
    print(terminal, JSON.stringify(status, undefined, 2));
    return ExitCode.good;
  }
  if (status.nodes.length === 0) {
    print(terminal, "This host has no nodes.");
  } else {
    const rows = status.nodes.map(rowOf);
    print(
      terminal,
      table(["name", "chain", "state", "height", "peers", "unit"].map(upper), rows, terminal).trimEnd(),
    );
  }
  for (const problem of problemsOf(status)) {
    complain(terminal, problem);
  }
  return ExitCode.good;
}

/** Prints one node and its processes. */
export async function showNode(name: string, options: ListOptions, terminal: Terminal): Promise<ExitCode> {
  const node = nodeNamed(name, await askNodes(options, terminal));
  print(terminal, options.json === true ? JSON.stringify(node, undefined, 2) : nodeText(node, terminal));
  return ExitCode.good;
}

function rowOf(node: NodeStatus): readonly Cell[] {
  const state = nodeState(node);
  const [first] = node.processes;
  const heights = node.processes.map(heightText).filter((text) => text !== "");
  const colour = state === "error" ? "red" : state === "running" ? "green" : "yellow";
  return [
    node.name,
    `${node.chain} ${node.network}`,
    { text: state, colour },
    heights.join(", "),
    first?.peers?.toString() ?? "",
    first?.unit ?? "",
  ];
}

function heightText({ height, targetHeight }: NodeStatus["processes"][number]): string {
  if (height === null) {
    return "";
  }
  return targetHeight === null || targetHeight <= height ? String(height) : `${height} of ${targetHeight}`;
}

function problemsOf({ nodes, obstacle, isObserveOnly, unknownUnits }: NodesStatus): readonly string[] {
  const own = nodes.flatMap((node) => {
    const problem = problemOfNode(node);
    return problem === null ? [] : [`${node.name}: ${problem}`];
  });
  return [
    ...(obstacle === null || nodes.length === 0 ? [] : [obstacle]),
    ...(isObserveOnly
      ? ["nodes.json is damaged. Nothing is changed until the control plane has sent its list."]
      : []),
    ...own,
    ...(unknownUnits.length === 0
      ? []
      : [`Units that start at boot and that the agent does not know: ${unknownUnits.join(", ")}`]),
  ];
}

function nodeText(node: NodeStatus, terminal: Terminal): string {
  const { name, chain, network, desiredState, revision, runningRevision } = node;
  const effect =
    runningRevision === revision ? "in effect" : `not in effect (${runningRevision ?? "none"} is)`;
  const facts = [
    ["node", `${name} (${printable(node.id)})`],
    ["chain", `${chain} ${network}`],
    ["ordered", `${desiredState}, revision ${revision}, ${effect}`],
    ...(node.isUnlisted ? [["unlisted", "the control plane's list does not have it"]] : []),
    ...(node.isKept ? [["kept", keptText(node)]] : []),
  ];
  const processes = node.processes.flatMap((process) => [
    "",
    `${process.unit}: ${process.status} since ${process.since}`,
    `  ${process.client} ${process.version}, ${process.restarts} restarts${figures(process)}`,
    ...(process.reason === null ? [] : [`  ${paint(terminal, "yellow", process.reason)}`]),
  ]);
  return [...facts.map(([label = "", value = ""]) => `${label.padEnd(10)}${value}`), ...processes].join("\n");
}

function keptText({ name }: NodeStatus): string {
  const purge = forAgent(`nodes purge ${name}`);
  return `deleted; its data is in ${NODE_DATA}/${name}. To delete the data, run: ${purge}`;
}

function figures(process: NodeStatus["processes"][number]): string {
  const { peers, syncProgress, memoryBytes } = process;
  const height = heightText(process);
  return [
    height === "" ? "" : `, height ${height}`,
    peers === null ? "" : `, ${peers} peers`,
    syncProgress === null || process.status !== "syncing" ? "" : `, ${Math.floor(syncProgress * 100)} %`,
    memoryBytes === null ? "" : `, ${Math.round(memoryBytes / 1024 ** 2)} MiB`,
  ].join("");
}

function upper(text: string): string {
  return text.toUpperCase();
}
