import { type ConfigOptions, findFolders } from "./agent-place.ts";
import { askAgent } from "./agent-socket.ts";
import { ExitCode } from "./exit-codes.ts";
import { nextCommand } from "./next-command.ts";
import { shutdownSignal } from "./shutdown.ts";
import { complain, print, type Terminal } from "./terminal.ts";

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
