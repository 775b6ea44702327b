/** Where a node is on its way to what was ordered, in the order of its life. */
export const NODE_PHASES = [
  "provisioning",
  "configuring",
  "starting",
  "syncing",
  "running",
  "stopping",
  "stopped",
  "error",
  "deleting",
  "kept",
] as const;
export type NodePhase = (typeof NODE_PHASES)[number];
