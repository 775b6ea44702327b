import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SERVICE_NAME } from "../../protocol/instance-place.ts";
import type { ExecutorProcess } from "../../protocol/sync.ts";

/** Set by the unit, from which ProcSubset=pid hides the file. It has no dashes. */
export const BOOT_ID_VARIABLE = "NOVACULA_BOOT_ID";
const BOOT_ID = "/proc/sys/kernel/random/boot_id";
const BOOT_HASH_DIGITS = 32;

/** Where this process runs; undefined where neither /proc nor the unit says. */
export function ownProcess(environment: NodeJS.ProcessEnv): ExecutorProcess | undefined {
  const boot = (readOrUndefined(BOOT_ID) ?? environment[BOOT_ID_VARIABLE])?.trim().replaceAll("-", "");
  if (boot === undefined || boot === "") {
    return undefined;
  }
  // Hashed with a name of ours: machine-id(5) asks not to send such ids as they are.
  const bootHash = createHash("sha256").update(`novacula boot ${boot}`).digest("hex");
  return { bootHash: bootHash.slice(0, BOOT_HASH_DIGITS), pid: process.pid, unit: ownUnit() };
}

/**
 * The service that systemd runs this process in: cgroups(7),
 * `0::/system.slice/novacula-agent.service`.
 */
export function ownUnit(): string | null {
  const groups = readOrUndefined("/proc/self/cgroup") ?? "";
  const unit = /^0::.*\/([^/\n]+\.service)$/mu.exec(groups)?.[1];
  return unit !== undefined && SERVICE_NAME.test(unit) ? unit : null;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
