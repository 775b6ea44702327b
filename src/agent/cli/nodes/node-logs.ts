import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import type { ConfigOptions } from "../host/agent-place.ts";
import { askAboutNode } from "./ask-nodes.ts";

export interface LogOptions extends ConfigOptions {
  readonly lines: number;
}

/** Prints the last lines of a process's log, oldest first. */
export async function nodeLogs(
  { name, role }: { readonly name: string; readonly role: string | undefined },
  options: LogOptions,
  terminal: Terminal,
): Promise<ExitCode> {
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
