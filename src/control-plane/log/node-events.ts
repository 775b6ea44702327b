import type { EventDescription } from "../../lib/log/event-description.ts";

const NOTHING_TO_DO = "Nothing.";

/** Lines about the nodes of executors; a part of `EVENTS`. */
export const NODE_EVENTS = {
  "node.closed-as-lost": {
    level: "info",
    meaning: "A person gave up a node of a host that does not come back.",
    remedy: NOTHING_TO_DO,
  },
  "node.created": { level: "info", meaning: "A person ordered a node.", remedy: NOTHING_TO_DO },
  "node.deleted": {
    level: "info",
    meaning: "A person ordered the deletion of a node.",
    remedy: NOTHING_TO_DO,
  },
  "node.failed": {
    level: "error",
    meaning: "A node came into phase `error`: at least one of its processes needs a person.",
    remedy: "`sudo novacula-control-plane nodes show NAME` says why.",
  },
  "node.gone": {
    level: "info",
    meaning: "The executor has deleted the node, or purged its data.",
    remedy: NOTHING_TO_DO,
  },
  "node.lifecycle.requested": {
    level: "info",
    meaning: "A person asked to start, stop or restart a node.",
    remedy: NOTHING_TO_DO,
  },
  "node.lifecycle.transition": {
    level: "info",
    meaning:
      "A report brought the node into another phase. `error` counts once two reports in a row have it. At most 20 at once for each executor, then one in 5 minutes.",
    remedy: NOTHING_TO_DO,
  },
  "nodes.list-older": {
    level: "error",
    meaning: "An executor holds a newer list of nodes than the database, as after a restored backup.",
    remedy: "Compare them with `nodes list`; the next change of any of its nodes counts again.",
  },
} as const satisfies Record<string, EventDescription>;
