import { readdirSync, readFileSync } from "node:fs";

/** What a process and its children cost now, as Linux counts it. */
export interface Usage {
  /** Proportional set size: pages that several processes map count in parts. */
  readonly pssKib: number;
  /** Its own memory that no file backs. */
  readonly anonymousKib: number;
  /** Processor time so far, of all threads and of children that have ended too, milliseconds. */
  readonly cpuMs: number;
  readonly threads: number;
}

/** USER_HZ, which is 100 on every Linux we support. */
const TICK_MS = 10;

const NOTHING: Usage = { pssKib: 0, anonymousKib: 0, cpuMs: 0, threads: 0 };

/**
 * Throws if there is no such process. A child that has just ended counts 0. `proc` is the /proc that
 * knows the PID.
 */
export function usageOf(pid: number, proc = "/proc"): Usage {
  return childrenOf(pid, proc)
    .map((child) => usageOrNothing(child, proc))
    .reduce(add, usageOfOne(pid, proc));
}

function usageOrNothing(pid: number, proc: string): Usage {
  try {
    return usageOf(pid, proc);
  } catch {
    return NOTHING;
  }
}

function add(one: Usage, other: Usage): Usage {
  return {
    pssKib: one.pssKib + other.pssKib,
    anonymousKib: one.anonymousKib + other.anonymousKib,
    cpuMs: one.cpuMs + other.cpuMs,
    threads: one.threads + other.threads,
  };
}

function usageOfOne(pid: number, proc: string): Usage {
  const rollup = readFileSync(`${proc}/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}: *(\\d+) kB$`, "m").exec(rollup)?.[1]);
  const threads = threadsOf(pid, proc);
  const { ownMs, endedChildrenMs } = countedInTicks(pid, proc);
  const liveMs = threads.reduce((sum, thread) => sum + threadCpuMs(pid, thread, proc), 0);
  return {
    pssKib: field("Pss"),
    anonymousKib: field("Anonymous"),
    // Exact to the nanosecond if no thread has ended, otherwise to two ticks.
    cpuMs: Math.max(liveMs, ownMs) + endedChildrenMs,
    threads: threads.length,
  };
}

function threadsOf(pid: number, proc: string): readonly string[] {
  return readdirSync(`${proc}/${pid}/task`);
}

function childrenOf(pid: number, proc: string): readonly number[] {
  const lists = threadsOf(pid, proc).map((thread) => readOrEmpty(`${proc}/${pid}/task/${thread}/children`));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/**
 * schedstat of proc(5): the first number is ns on a processor. A thread that has just ended counts
 * 0.
 */
function threadCpuMs(pid: number, thread: string, proc: string): number {
  return Number(readOrEmpty(`${proc}/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6;
}

/**
 * stat of proc(5): fields 14 to 17 are user and system time of the process and of its ended
 * children.
 */
function countedInTicks(
  pid: number,
  proc: string,
): { readonly ownMs: number; readonly endedChildrenMs: number } {
  // The name, in parentheses, may hold anything; the third field follows it.
  const fields = readFileSync(`${proc}/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = (first: number) => Number(fields[first - 3]) + Number(fields[first - 2]);
  return { ownMs: ticks(14) * TICK_MS, endedChildrenMs: ticks(16) * TICK_MS };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
