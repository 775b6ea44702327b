import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Program } from "../host/programs.ts";

/** A process that runs as long as the command does. */
export interface Child {
  readonly process: ChildProcess;
  /** How it ended, as a sentence: `The agent ended with exit code 78.` */
  readonly ended: Promise<string>;
  /** Resolves once it has ended: by itself within `patienceMs`, after SIGTERM, or after SIGKILL. */
  end(patienceMs: number): Promise<void>;
}

/** After SIGTERM, ms: the agent stops within 2 s, the control plane as well. */
const LONGEST_STOP_MS = 5000;

/** `name` begins the sentence on how it ended: `The agent`. */
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
  // Should this process fall over, no other stays behind.
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
