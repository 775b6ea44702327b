import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { askAboutNode, askNodes, nodeNamed } from "./ask-nodes.ts";
import { followLog } from "./follow-log.ts";

export interface LogOptions extends ConfigOptions {
  readonly lines: number;
  readonly follow?: boolean;
}

/** Prints the last lines of a process's log, oldest first; to follow it, also those that come. */
export async function nodeLogs(
  { name, role }: { readonly name: string; readonly role: string | undefined },
  options: LogOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.follow === true) {
    await followLog(await unitOf(name, role, options, terminal), options.lines, terminal);
    return ExitCode.good;
  }
  const query = new URLSearchParams({
    name,
    lines: String(options.lines),
    ...(role !== undefined && { role }),
  });
  const { lines } = await askAboutNode(`GET /nodes/logs?${query}`, options, terminal);
  for (const line of lines) {
    print(terminal, line);
  }
  return ExitCode.good;
}

async function unitOf(
  name: string,
  role: string | undefined,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<string> {
  const { processes } = nodeNamed(name, await askNodes(options, terminal));
  const process = processes.find((each) => role === undefined || each.role === role);
  if (process === undefined) {
    const roles = processes.map((each) => each.role).join(", ") || "none that the agent has seen yet";
    throw new CommandError("refused", `Node ${name} has no process of that role. Its roles: ${roles}.`);
  }
  return process.unit;
}
