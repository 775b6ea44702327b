import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { type NodesStatus, problemOfNode } from "../daemon/status/nodes-status.ts";
import type { Check } from "./examination.ts";

/** What nodes need of a host, as it is. */
export interface NodeFacts {
  /** The nodes as the running agent sees them; undefined if none answers. */
  readonly status: NodesStatus | undefined;
  /** Whether something listens where the hand should. `denied`: this user may not know. */
  readonly hand: "answers" | "missing" | "denied";
  /** Template units whose file is not one that was installed, or that an administrator changed. */
  readonly oddTemplates: readonly string[];
  /** Where a disk is mounted for data of nodes, at which the agent cannot look. */
  readonly hiddenDisks: readonly string[];
}

/** Whether the agent can keep nodes here. Nothing without nodes on a host without the hand. */
export function checkNodes({ status, hand, oddTemplates, hiddenDisks }: NodeFacts): readonly Check[] {
  const count = status?.nodes.length ?? 0;
  if (count === 0 && hand === "missing" && (status?.unknownUnits.length ?? 0) === 0) {
    return [];
  }
  return [
    handCheck(hand, count),
    ...oddTemplates.map((unit) =>
      warning(
        `the template ${unit} is not the one that was installed, or has drop-ins`,
        `See: ${asRoot(`systemctl cat ${unit}`)}. Fix: reinstall novacula-nodes, or remove what was added.`,
      ),
    ),
    ...hiddenDisks.map((place) =>
      warning(
        `the agent cannot see how full the disk at ${printable(place, 120)} is, so a node starts there even if it is full`,
        "Mount it at /var/lib/private instead, or watch it yourself.",
      ),
    ),
    ...(status === undefined ? [] : statusChecks(status)),
  ];
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
  const remedy = `Install the package novacula-nodes, or run: ${asRoot("systemctl start novacula-nodes.socket")}`;
  return { stage: "nodes", status: count > 0 ? "bad" : "warning", detail, remedy };
}

function statusChecks(status: NodesStatus): readonly Check[] {
  const { nodes, obstacle, isObserveOnly, unknownUnits } = status;
  const forget = asRoot("novacula-agent nodes forget NAME");
  return [
    ...(obstacle === null || nodes.length === 0 ? [] : [warning(trimmed(obstacle), "Do what it says.")]),
    ...(isObserveOnly
      ? [
          warning(
            "nodes.json is damaged, so nothing is changed until the control plane has sent its list",
            "Check the disk, and the connection to the control plane.",
          ),
        ]
      : []),
    ...(unknownUnits.length === 0
      ? []
      : [
          warning(
            `units of nodes start at boot that the agent does not know: ${unknownUnits.map((unit) => printable(unit, 80)).join(", ")}`,
            `If the control plane is not about to list them, run: ${forget}`,
          ),
        ]),
    ...nodes.flatMap((node) => {
      const problem = problemOfNode(node);
      const show = asRoot(`novacula-agent nodes show ${node.name}`);
      return problem === null ? [] : [warning(`node ${node.name}: ${trimmed(problem)}`, `Run: ${show}`)];
    }),
  ];
}

function warning(detail: string, remedy: string): Check {
  return { stage: "nodes", status: "warning", detail, remedy };
}

function trimmed(sentence: string): string {
  return printable(sentence, 400).replace(/\.$/u, "");
}
