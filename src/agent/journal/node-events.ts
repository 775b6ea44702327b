import type { EventDescription } from "./event-description.ts";

const NOTHING_TO_DO = "Nothing.";

/** The events about nodes. All can be caused by a control plane's lists, or by nodes that crash. */
export const NODE_EVENTS = {
  "node.deleted": {
    level: "info",
    meaning:
      "A node was deleted as ordered: its processes are stopped, and its data is deleted, or kept if the order says so.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "node.problem": {
    level: "error",
    meaning: "A node has a problem, or an order about it waits; the line says which and why.",
    remedy: "Do what the line says. docs/nodes.md lists all problems.",
    flaps: true,
  },
  "node.recovered": {
    level: "info",
    meaning: "The problem of a node is over.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "node.restarted": {
    level: "info",
    meaning: "A process of a node is restarted; the line says why. Only one node restarts at a time.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "node.started": {
    level: "info",
    meaning: "A process of a node is started as ordered. From now on it also starts at boot.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "node.stopped": {
    level: "info",
    meaning: "A process of a node is stopped as ordered, and no longer starts at boot. Its data stays.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "nodes.bug": {
    level: "error",
    meaning:
      "The part of the agent that keeps nodes has a bug. The executor stays online, the nodes go on, and the agent tries again every minute.",
    remedy: "Report the line.",
    flaps: true,
  },
  "nodes.held-back": {
    level: "error",
    meaning:
      "One list told at least three, and more than a third, of the running nodes to stop. They stop one by one, a minute apart.",
    remedy: "If it is a mistake, start the nodes again on the control plane.",
    flaps: true,
  },
  "nodes.list-refused": {
    level: "warn",
    meaning:
      "A list of nodes, or an order in it, is not used: it is incomplete, or older than what the host has. All nodes go on.",
    remedy: "Usually nothing. After a restore of the control plane, do what the line says.",
    flaps: true,
  },
  "nodes.memory-damaged": {
    level: "error",
    meaning:
      "`nodes.json` in `data_dir` is damaged. The agent uses the file before it; if that is damaged too, it changes nothing until the control plane has sent its list.",
    remedy: "Check the disk. The file is written again with the next list.",
  },
  "nodes.name-in-use": {
    level: "warn",
    meaning: "A new node waits, because an earlier node still has its name and its data on this host.",
    remedy: "Delete the earlier node, or delete its kept data with `sudo novacula-agent nodes purge NAME`.",
    flaps: true,
  },
  "nodes.other-executor": {
    level: "error",
    meaning:
      "`agent.name` changed, so this host is another executor than the one that its nodes belong to. They go on, and the control plane orders nothing for them.",
    remedy:
      "Set `agent.name` back, which the agent applies without a restart. If the new name is meant, give up the nodes with `sudo novacula-agent nodes forget NAME`.",
    flaps: true,
  },
  "nodes.supported": {
    level: "info",
    meaning: "The control plane manages nodes now.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "nodes.unknown-units": {
    level: "warn",
    meaning:
      "Units of nodes start at boot of which the agent knows nothing, such as after a new installation. They go on, and the agent leaves them alone.",
    remedy:
      "Nothing, if the control plane is about to list them. Otherwise: `sudo novacula-agent nodes forget NAME`.",
    flaps: true,
  },
  "nodes.unlisted": {
    level: "error",
    meaning:
      "The control plane's list no longer has nodes that run here. They go on, because absence is no order.",
    remedy:
      "Have the control plane delete them, or stop them here with `sudo novacula-agent nodes forget NAME`.",
    flaps: true,
  },
  "nodes.unsupported": {
    level: "warn",
    meaning:
      "The control plane does not manage nodes, or its answer about them could not be used. The executor stays online without them, the nodes go on, and the agent asks again every hour.",
    remedy: "Upgrade the control plane, if it should manage nodes.",
    flaps: true,
  },
  "nodes.unwritable": {
    level: "error",
    meaning: "`nodes.json` in `data_dir` cannot be written. The nodes go on.",
    remedy: "Do what the line says: it names the file system and how full it is, or whose the folder is.",
    flaps: true,
  },
} as const satisfies Record<string, EventDescription>;
