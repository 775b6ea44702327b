import type { Activity } from "./planned-node.ts";

/** What systemd says of one unit. */
export interface UnitState {
  readonly unit: string;
  /** `not-found`: its template is not on this host. */
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `success`, `exit-code`, `signal`, `oom-kill` … */
  readonly result: string;
  readonly isEnabled: boolean;
  /** Restarts by systemd since the last start that was asked for. */
  readonly restarts: number;
  /** Differs for each start; undefined if it never started. */
  readonly invocationId: string | undefined;
  /** When the main process started last, ms of CLOCK_MONOTONIC; undefined if it never did. */
  readonly startedAtMs: number | undefined;
  /** How the main process ended last: `exited`, `killed`, `dumped`; undefined if it has not. */
  readonly exit: { readonly how: string; readonly status: number } | undefined;
  /** Null: systemd does not know. */
  readonly memoryBytes: number | null;
  /** False if a condition kept it from starting: its file of arguments is missing. */
  readonly isConditionMet: boolean;
  /** A start or a stop is queued. */
  readonly hasJob: boolean;
  readonly needsDaemonReload: boolean;
  /** The file of its template; undefined if there is none. */
  readonly templatePath: string | undefined;
  /** Its control group, below that of systemd; undefined if it does not run. */
  readonly controlGroup: string | undefined;
}

/** What a unit is doing, as the planner needs it. */
export function activityOf(state: UnitState): Activity {
  switch (state.activeState) {
    case "active":
    case "reloading":
    case "refreshing":
      return state.hasJob ? "stopping" : "up";
    case "deactivating":
      return "stopping";
    case "activating":
      return state.subState.startsWith("auto-restart") || state.restarts > 0 ? "waiting" : "starting";
    default:
      return state.hasJob ? "starting" : "down";
  }
}

/** A unit that systemd has never heard of is like one that does not run. */
export function downUnit(unit: string): UnitState {
  return {
    unit,
    loadState: "not-found",
    activeState: "inactive",
    subState: "dead",
    result: "success",
    isEnabled: false,
    restarts: 0,
    invocationId: undefined,
    startedAtMs: undefined,
    exit: undefined,
    memoryBytes: null,
    isConditionMet: true,
    hasJob: false,
    needsDaemonReload: false,
    templatePath: undefined,
    controlGroup: undefined,
  };
}
