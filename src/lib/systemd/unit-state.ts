import { execFile } from "node:child_process";

const LIMIT_MS = 5000;

/** What systemd says of a unit. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked` … */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating` … */
  readonly active: string;
  /** `success`, `exit-code`, `start-limit-hit` … */
  readonly result: string;
  /** Whether a start has failed, and systemd begins or waits for the next one. */
  readonly isLooping: boolean;
}

/** Undefined if there is no systemd, or it does not answer. */
export function unitState(unit: string): Promise<UnitState | undefined> {
  const args = [
    "show",
    "--no-pager",
    "--property=LoadState,ActiveState,SubState,Result,NRestarts",
    "--",
    unit,
  ];
  return new Promise((resolve) => {
    execFile("systemctl", args, { timeout: LIMIT_MS }, (error, stdout) => {
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, "mu").exec(stdout)?.[1];
      const [load, active, result] = ["LoadState", "ActiveState", "Result"].map(value);
      const isWhole = error === null && load !== undefined && active !== undefined && result !== undefined;
      const isAgain = value("SubState") === "auto-restart" || Number(value("NRestarts")) > 0;
      const isLooping = active === "activating" && isAgain;
      resolve(isWhole ? { load, active, result, isLooping } : undefined);
    });
  });
}
