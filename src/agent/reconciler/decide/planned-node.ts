import type { NodeProblem } from "../../../protocol/nodes/observed-node.ts";

/**
 * What a unit is doing. `waiting`: systemd starts it again after a crash. `changing`: it is being
 * started or stopped as it was asked to be.
 */
export type Activity = "up" | "down" | "waiting" | "starting" | "stopping";

export interface PlannedPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** What a process was started with: a hash of arguments, files and version, and the order. */
export interface StartedWith {
  readonly hash: string;
  readonly revision: number;
  readonly generation: number;
}

/** The hash of a process that was started with something that the agent has not written. */
export const UNKNOWN_HASH = "0".repeat(64);

/** A process as it should be, or why that is not known; then what runs goes on. */
export type WantedProcess =
  | { readonly kind: "ready"; readonly hash: string; readonly ports: readonly PlannedPort[] }
  | { readonly kind: "problem"; readonly problem: NodeProblem; readonly reason: string };

export interface PlannedProcess {
  readonly role: string;
  /** `bitcoin-node@btc-1.service`. */
  readonly unit: string;
  readonly wanted: WantedProcess;
  /** For the hand: `MemoryMax=…`, and what it was told last. */
  readonly limits: string;
  readonly givenLimits: string;
  readonly activity: Activity;
  /** Whether it starts at boot. */
  readonly isEnabled: boolean;
  /** Undefined if it does not run, or runs and was not looked at yet. */
  readonly startedWith: StartedWith | undefined;
  /** Whether its files on disk are those that it should have. */
  readonly hasItsFiles: boolean;
}

export interface PlannedNode {
  readonly name: string;
  /** `nothing`: it is unlisted, or gone. It is left alone. */
  readonly desired: "running" | "stopped" | "deleted" | "nothing";
  readonly keepData: boolean;
  /** One of many that were told to stop at once. */
  readonly isSlow: boolean;
  readonly revision: number;
  readonly restartGeneration: number;
  /** In the order in which they start. */
  readonly processes: readonly PlannedProcess[];
}

/** What the planner has to know of the host. */
export interface PlanningHost {
  /** Ports that something on this host listens on, as `tcp:8333`. */
  readonly takenPorts: ReadonlySet<string>;
  readonly diskFreeBytes: number;
  readonly diskReserveBytes: number;
  /** Nodes whose data is on another disk. Nobody knows how full that is. */
  readonly onHiddenDisks: ReadonlySet<string>;
  /** Whether a node that `isSlow` may stop now. */
  readonly maySlowStop: boolean;
}
