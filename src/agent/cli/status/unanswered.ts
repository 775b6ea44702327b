import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { agentCommand, asRoot, forAgent } from "../../../lib/shell-word.ts";
import type { ServiceFacts } from "../../systemd/service/service-facts.ts";
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
    : new CommandError("not_running", ...(await absence(why, place)));
}

/**
 * What is to be said, and the command for it. The service would start with another file than the
 * one that `--config` names.
 */
async function absence(
  why: string,
  place: AgentFolders,
): Promise<[message: string, { readonly fix: string }]> {
  const service = await installedService();
  if (!place.isUsual && service?.configPath !== place.path) {
    return [why, { fix: agentCommand("run") }];
  }
  const obstacle = service && startObstacle(service.facts);
  return obstacle === undefined
    ? [why, { fix: asRoot("systemctl start novacula-agent") }]
    : [`${sentence(why)} ${obstacle}`, { fix: forAgent("doctor") }];
}

/** Why a start does not help, or is refused: a sentence. Undefined: it may help. */
export function startObstacle(
  facts: Pick<ServiceFacts, "LoadState" | "ActiveState" | "Result" | "ExecMainStatus" | "RefuseManualStart">,
): string | undefined {
  const { LoadState, ActiveState, Result, ExecMainStatus, RefuseManualStart } = facts;
  if (LoadState !== "loaded") {
    return `systemd cannot start its service (${printable(LoadState, 40)}).`;
  }
  const end = `${printable(Result, 40)}${Result === "exit-code" ? ` ${ExecMainStatus}` : ""}`;
  switch (ActiveState) {
    case "failed":
      return `Its service has failed (${end}).`;
    case "activating":
      return Result === "success"
        ? "Its service is starting."
        : `Its service fails, and systemd starts it again and again (${end}).`;
    case "inactive":
      return RefuseManualStart ? "systemd refuses to start its service by hand." : undefined;
    case "deactivating":
      return "Its service is ending.";
    default:
      return "Its service runs, but does not listen there.";
  }
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
  const aim = fix === forAgent("doctor") ? "see the cause, and what to do" : "start it";
  complain(terminal, `To ${aim}, run: ${fix}`);
  return exitCode;
}
