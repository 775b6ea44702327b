import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { nextCommand } from "../host/next-command.ts";
import { sayUnanswered } from "./unanswered.ts";

/** Makes the running agent retry now instead of waiting for its backoff. */
export async function retry(options: ConfigOptions, terminal: Terminal): Promise<ExitCode> {
  const folders = await findFolders(options, terminal.environment);
  const answer = await askAgent(folders.runtimeDir, "POST /retry", 0, shutdownSignal());
  if (answer.kind === "answered") {
    const status = nextCommand("status", folders, terminal.environment);
    print(terminal, `The agent retries now instead of waiting. To see the result, run: ${status}`);
    return ExitCode.good;
  }
  return sayUnanswered(answer, folders, "retry", terminal);
}
