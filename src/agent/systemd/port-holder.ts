import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A process that listens at a port. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

const PATIENCE_MS = 5000;
/** It listens for services that it has not started yet. */
const SYSTEMD = 1;

/** Who listens at that port and is not `service`, a PID; undefined: nobody, or nobody can tell. */
export async function portHolder(port: string, service: number): Promise<PortHolder | undefined> {
  const shown = await promisify(execFile)("ss", ["-Hltnp", `sport = :${port}`], {
    timeout: PATIENCE_MS,
  }).catch(() => undefined);
  return holdersIn(shown?.stdout ?? "").find(({ pid }) => pid !== service && pid !== SYSTEMD);
}

/** ss(8): `users:(("node",pid=217,fd=21))`, of processes that this user may see. */
export function holdersIn(shown: string): readonly PortHolder[] {
  return [...shown.matchAll(/\("([^"\n]{1,60})",pid=(\d+),/gu)].map(([, name = "", pid]) => ({
    pid: Number(pid),
    name,
  }));
}
