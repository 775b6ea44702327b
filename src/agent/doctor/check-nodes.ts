import { largestFolders } from "../../lib/files/file-system.ts";
import { printable } from "../../lib/printable.ts";
import { capitalized } from "../../lib/sentence.ts";
import { asRoot, forAgent, shellWord } from "../../lib/shell-word.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import type { NodeProblem } from "../../protocol/nodes/observed-node.ts";
import { type NodeStatus, type NodesStatus, problemOfNode } from "../daemon/status/nodes-status.ts";
import type { Check } from "./examination.ts";
import type { HandObstacle } from "./nodes/hand-access.ts";
import { few } from "./unit/setting-list.ts";

/** What nodes need of a host, as it is. */
export interface NodeFacts {
  /** The nodes as the running agent sees them; undefined if none answers. */
  readonly status: NodesStatus | undefined;
  /** Nodes on disk of an executor that `agent.name` does not name. */
  readonly left?: LeftOnDisk | undefined;
  /** Whether something listens where the hand should. `denied`: this user may not know. */
  readonly hand: "answers" | "missing" | "denied";
  /** Why the agent may not use it, although it listens. */
  readonly handObstacle?: HandObstacle | undefined;
  /** Template units whose file is not one that was installed, or that an administrator changed. */
  readonly oddTemplates: readonly string[];
  /** Where a disk is mounted for data of nodes, at which the agent cannot look. */
  readonly hiddenDisks: readonly string[];
}

/** Nodes of another executor than the one that the files name. */
export interface LeftOnDisk {
  readonly names: readonly string[];
  /** The executor that they belong to. */
  readonly earlier: string;
  /** What `agent.name` is. */
  readonly now: string;
  /** Undefined: it stands in no file. */
  readonly place: { readonly path: string; readonly line: number } | undefined;
}

/** Whether the agent can keep nodes here. Nothing without nodes on a host without the hand. */
export function checkNodes(facts: NodeFacts): readonly Check[] {
  const { status, left, hand, handObstacle, oddTemplates, hiddenDisks } = facts;
  const count = status?.nodes.length ?? 0;
  if (count === 0 && left === undefined && hand === "missing" && (status?.unknownUnits.length ?? 0) === 0) {
    return [];
  }
  return [
    handObstacle === undefined || hand === "missing"
      ? handCheck(hand, count)
      : { stage: "nodes", status: count > 0 ? "bad" : "warning", ...handObstacle },
    ...oddTemplates.map((unit) =>
      warning(`the template ${unit} is not the one that was installed, or has drop-ins`, [
        step(
          "Reinstall novacula-nodes, or remove what was added. To see it, run:",
          asRoot(`systemctl cat ${unit}`),
        ),
      ]),
    ),
    ...hiddenDisks.map((place) =>
      warning(
        `the agent cannot see how full the disk at ${printable(place, 120)} is, so a node starts there even if it is full`,
        "Mount it at /var/lib/private instead, or watch it yourself.",
      ),
    ),
    ...(left === undefined ? [] : [leftCheck(left)]),
    ...(status === undefined ? [] : statusChecks(status, handObstacle)),
  ];
}

function leftCheck({ names, earlier, now, place }: LeftOnDisk): Check {
  const [is, was] = [printable(now, 64), printable(earlier, 64)];
  const source = place === undefined ? "" : ` (${printable(place.path, 400)} line ${place.line})`;
  const nodes = few(names.map((name) => printable(name, 40)));
  const [belong, them] = names.length === 1 ? ["belongs", "it"] : ["belong", "them"];
  return {
    stage: "nodes",
    status: "bad",
    detail: `agent.name is ${is}${source}, and ${nodes} on this host ${belong} to executor ${was}, so no order for ${them} would arrive`,
    remedy: [
      place !== undefined && PLAIN_NAME.test(now) && PLAIN_NAME.test(earlier)
        ? step(`If this host is ${was}, run:`, asRoot(renaming(place, now, earlier)))
        : step(`If this host is ${was}, set agent.name = ${JSON.stringify(was)}.`),
      step(`Only if it is to stay ${is}, give up each node of ${was}:`, forAgent(`nodes forget ${names[0]}`)),
    ],
  };
}

/** Names that need no quotes in an expression of sed. */
const PLAIN_NAME = /^[\w.-]+$/u;

function renaming({ path, line }: NonNullable<LeftOnDisk["place"]>, from: string, to: string): string {
  const edit = `${line}s/"${from.replaceAll(".", "\\.")}"/"${to}"/`;
  return `sed -i --follow-symlinks '${edit}' ${shellWord(path)}`;
}

function handCheck(hand: NodeFacts["hand"], count: number): Check {
  if (hand === "answers") {
    return { stage: "nodes", status: "ok", detail: "the root helper listens" };
  }
  if (hand === "denied") {
    const detail = "this user may not see whether the root helper listens";
    return { stage: "nodes", status: "unknown", detail, remedy: "Run doctor with sudo." };
  }
  const detail = "the root helper does not listen, so no node can be started or stopped";
  const start = asRoot("systemctl start novacula-nodes.socket");
  const remedy = [step("Install the package novacula-nodes, or run:", start)];
  return { stage: "nodes", status: count > 0 ? "bad" : "warning", detail, remedy };
}

function statusChecks(status: NodesStatus, hand: HandObstacle | undefined): readonly Check[] {
  const { nodes, obstacle, unknownUnits } = status;
  const forget = forAgent("nodes forget NAME");
  return [
    ...(obstacle === null || nodes.length === 0 ? [] : [warning(trimmed(obstacle), "Do what it says.")]),
    ...(unknownUnits.length === 0
      ? []
      : [
          warning(
            `units of nodes start at boot that the agent does not know: ${unknownUnits.map((unit) => printable(unit, 80)).join(", ")}`,
            [step("If the control plane is not about to list them, run:", forget)],
          ),
        ]),
    ...nodes.flatMap((node) => nodeChecks(node, hand)),
  ];
}

function nodeChecks(node: NodeStatus, hand: HandObstacle | undefined): readonly Check[] {
  const faults = node.processes.flatMap(({ role, problem, reason }): readonly Check[] => {
    if (problem === null) {
      return [];
    }
    // The agent sends a person to doctor: that is this report.
    const why = (reason ?? problem).replace(/ Fix: run (?:sudo )?novacula-agent doctor\b.*$/u, "");
    const [what, fix] = problem === "bad_spec" ? splitFix(why) : [why];
    const detail = `node ${node.name} (${printable(role, 40)}): ${trimmed(what)} [${problem}]`;
    const ofHand = problem === "hand_unavailable" ? hand?.remedy : undefined;
    const remedy = ofHand ?? fix ?? remedyOf(problem, node.name, role);
    return [{ stage: "nodes", status: "bad", detail, remedy }];
  });
  const other = faults.length === 0 ? problemOfNode(node) : null;
  // What to do is said once, of all nodes: nodes.other-executor.
  if (other === null || node.ofExecutor !== undefined) {
    return faults;
  }
  const detail = `node ${node.name}: ${trimmed(other)}`;
  return node.isUnlisted
    ? [{ stage: "nodes", status: "bad", detail, remedy: unlistedRemedy(node.name) }]
    : [warning(detail, [step("Run:", forAgent(`nodes show ${node.name}`))])];
}

function unlistedRemedy(name: string): Remedy {
  const forget = forAgent(`nodes forget ${name}`);
  return [step("Have the control plane list it or delete it. To stop it here, run:", forget)];
}

/** An order is bad for many reasons, and some name what to do. */
function splitFix(reason: string): readonly [what: string, fix?: string] {
  const [what = reason, fix] = reason.split(" Fix: ", 2);
  // It may end with a command, so no full stop is added.
  return fix === undefined ? [what] : [what, capitalized(printable(fix, 400))];
}

/** What to do about each problem of a process; docs/nodes.md has the same table. */
function remedyOf(problem: NodeProblem, node: string, role: string): Remedy {
  switch (problem) {
    case "bad_spec":
      return "Change the node on the control plane as this says, or upgrade the agent.";
    case "binary_missing":
      return "Install the client where this says. The agent looks again by itself.";
    case "port_taken":
      return [step("See who listens there:", asRoot("ss -lptun"))];
    case "disk_low":
      return [
        step(
          "Free disk space. To see the largest folders of that file system, the largest last, run:",
          asRoot(largestFolders("/var/lib/private/novacula-nodes")),
        ),
      ];
    case "crash_loop":
    case "unresponsive":
      return [step("Look at its log:", forAgent(`nodes logs ${node} ${shellWord(role)}`))];
    case "out_of_memory":
      return "Give the node more memory on the control plane.";
    case "hand_unavailable":
      return [
        step(
          "Start the root helper again (running nodes go on):",
          asRoot("systemctl restart novacula-nodes.socket"),
        ),
      ];
    case "deletion_held_back":
      return [
        step(
          "It is done later. If a stop is a mistake, start the node again on the control plane. A deletion cannot be taken back; to save the data, run:",
          asRoot(`cp -a /var/lib/private/novacula-nodes/${node} /root/`),
        ),
      ];
  }
}

function warning(detail: string, remedy: Remedy): Check {
  return { stage: "nodes", status: "warning", detail, remedy };
}

function trimmed(sentence: string): string {
  return printable(sentence, 400).replace(/\.$/u, "");
}
