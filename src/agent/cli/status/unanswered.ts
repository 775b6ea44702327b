import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { agentCommand, asRoot } from "../../../lib/shell-word.ts";
import { type AgentFolders, unknownAgent } from "../host/agent-place.ts";
import type { AgentAnswer } from "../host/agent-socket.ts";
import { installedService } from "../host/hidden-files.ts";

type Unanswered = Exclude<AgentAnswer, { kind: "answered" }>;

/**
 * Why no agent answered `command`, for `--json`. If agent.toml cannot be read, it is unknown
 * whether an agent runs, because its socket may be elsewhere.
 */
export async function unansweredError(
  { kind, why }: Unanswered,
  place: AgentFolders,
  command: string,
): Promise<CommandError> {
  if (kind === "not-running" && place.isDenied) {
    return new CommandError("no_permission", unknownAgent(place), {
      fix: asRoot(agentCommand(command)),
    });
  }
  return kind === "no-answer"
    ? new CommandError("no_answer", why)
    : new CommandError("not_running", why, { fix: await startOf(place) });
}

/** The service would start with another file than the one that `--config` names. */
async function startOf(place: AgentFolders): Promise<string> {
  return place.isUsual || (await installedService())?.configPath === place.path
    ? asRoot("systemctl start novacula-agent")
    : agentCommand("run");
}

/** Prints the same for people, and returns the exit code. */
export async function sayUnanswered(
  answer: Unanswered,
  place: AgentFolders,
  command: string,
  terminal: Terminal,
): Promise<ExitCode> {
  const { message, code, fix, exitCode } = await unansweredError(answer, place, command);
  complain(terminal, message);
  if (code === "no_permission") {
    complain(terminal, `Fix: ${fix}`);
  }
  if (exitCode !== ExitCode.notRunning) {
    return exitCode;
  }
  if (place.obstacle !== undefined) {
    const path = printable(place.path, 4096);
    complain(terminal, `${path} ${place.obstacle}, so an agent with another agent.runtime_dir is not found.`);
  }
  complain(terminal, `To start it, run: ${fix}`);
  return exitCode;
}
