import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type ProcessFacts, processFacts } from "./process-facts.ts";

/** A process that listens at a port. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
  /** What this user may see of it. */
  readonly facts?: ProcessFacts | undefined;
}

const PATIENCE_MS = 5000;
/** It listens for services that it has not started yet. */
const SYSTEMD = 1;

/** Who listens at that port and is not `service`, a PID; undefined: nobody, or nobody can tell. */
export async function portHolder(port: string, service: number): Promise<PortHolder | undefined> {
  const shown = await promisify(execFile)("ss", ["-Hltnp", `sport = :${port}`], {
    timeout: PATIENCE_MS,
  }).catch(() => undefined);
  const found = holdersIn(shown?.stdout ?? "").find(({ pid }) => pid !== service && pid !== SYSTEMD);
  return found && { ...found, ...(await processFacts(found.pid, found.name)) };
}

/** ss(8): `users:(("node",pid=217,fd=21))`, of processes that this user may see. */
export function holdersIn(shown: string): readonly PortHolder[] {
  return [...shown.matchAll(/\("([^"\n]{1,60})",pid=(\d+),/gu)].map(([, name = "", pid]) => ({
    pid: Number(pid),
    name,
  }));
}
