import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { keepText } from "../canary.ts";
import { ENVIRONMENT } from "../program-environment.ts";
import { AGENT } from "../programs.ts";

export const NOBODY = 65534;

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout and stderr together, for text that must be in neither. */
  readonly output: string;
}

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as that user, without the caller's groups. */
  readonly uid?: number;
  /** The words of a program that starts it: `sh -c …`. */
  readonly before?: readonly string[];
}

/** Runs the program as a person does, until it exits. */
export async function command(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...words] = [...(options.before ?? []), process.execPath, AGENT, ...args];
  const child = spawn(file, words, {
    env: { ...ENVIRONMENT, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  const output = stdout + stderr;
  keepText(`command-${args[0]}.txt`, output);
  return { code: child.exitCode, stdout, stderr, output };
}

/** Whether users other than root can run this checkout's program. */
export function isRunnableByNobody(): boolean {
  if (process.geteuid?.() !== 0) {
    return false;
  }
  const options = { uid: NOBODY, gid: NOBODY, cwd: "/" };
  return spawnSync(process.execPath, [AGENT, "--version"], options).status === 0;
}
