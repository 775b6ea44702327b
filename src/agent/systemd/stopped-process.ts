import { readFile } from "node:fs/promises";

/** Whether a signal or a debugger has stopped the process: it exists, and answers nobody. */
export async function isStoppedProcess(pid: number): Promise<boolean> {
  return pid > 0 && isStoppedState(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
}

/** From proc_pid_stat(5). The name of the program is in parentheses, and may hold any other. */
export function isStoppedState(stat: string): boolean {
  return /^[Tt]$/u.test(stat.slice(stat.lastIndexOf(")") + 2).split(" ", 1)[0] ?? "");
}
