import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { nextCommand } from "../host/next-command.ts";

/** Has the running agent try at once whatever waits for its backoff. */
export async function retry(options: ConfigOptions, terminal: Terminal): Promise<ExitCode> {
  const folders = await findFolders(options, terminal.environment);
  const answer = await askAgent(folders.runtimeDir, "POST /retry", 0, shutdownSignal());
  if (answer.kind === "answered") {
    const status = nextCommand("status", folders, terminal.environment);
    print(terminal, `The agent tries now whatever waits. What came of it: ${status}`);
    return ExitCode.good;
  }
  complain(terminal, answer.why);
  return answer.kind === "not-running" ? ExitCode.notRunning : ExitCode.couldNotTell;
}
