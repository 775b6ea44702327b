import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Program } from "../host/programs.ts";

/** A process that lives no longer than this command. */
export interface Child {
  readonly process: ChildProcess;
  /** How it ended, as a sentence: `The agent ended with exit code 78.` */
  readonly ended: Promise<string>;
  /**
   * Resolves when it has ended: by itself within `patienceMs`, else by SIGTERM, else by SIGKILL.
   */
  end(patienceMs: number): Promise<void>;
}

/** How long after SIGTERM to wait, ms: both programs need at most 2 s. */
const LONGEST_STOP_MS = 5000;

/** `name` begins the sentence about how it ended: `The agent`. */
export function startChild(
  name: string,
  program: Program,
  args: readonly string[],
  options: SpawnOptions,
): Child {
  const child = spawn(program.file, [...program.args, ...args], { ...options, argv0: program.argv0 });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`${name} could not be started: ${error.message}.`));
    child.once("close", (code, signal) =>
      resolve(`${name} ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}.`),
    );
  });
  // If this process crashes, no child stays behind.
  const last = () => void child.kill("SIGTERM");
  process.once("exit", last);
  void ended.then(() => process.off("exit", last));
  return {
    process: child,
    ended,
    async end(patienceMs) {
      const term = setTimeout(() => child.kill("SIGTERM"), patienceMs);
      const kill = setTimeout(() => child.kill("SIGKILL"), patienceMs + LONGEST_STOP_MS);
      await ended;
      clearTimeout(term);
      clearTimeout(kill);
    },
  };
}
