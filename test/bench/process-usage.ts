import { readdirSync, readFileSync } from "node:fs";

/** What a process costs now, as Linux counts it. */
export interface Usage {
  /** Proportional set size: pages that several processes map count in parts. */
  readonly pssKib: number;
  /** Memory of its own, backed by no file. */
  readonly anonymousKib: number;
  /** Processor time of all of its threads so far, milliseconds; counted in nanoseconds, not in ticks. */
  readonly cpuMs: number;
  readonly threads: number;
}

export function usageOf(pid: number): Usage {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}: *(\\d+) kB$`, "m").exec(rollup)?.[1]);
  const threads = readdirSync(`/proc/${pid}/task`);
  return {
    pssKib: field("Pss"),
    anonymousKib: field("Anonymous"),
    cpuMs: threads.reduce((sum, thread) => sum + threadCpuMs(pid, thread), 0),
    threads: threads.length,
  };
}

/** proc(5), schedstat: the first number is nanoseconds on a processor. A thread that has just ended counts nothing. */
function threadCpuMs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}
