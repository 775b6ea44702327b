import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { nextCommand } from "../host/next-command.ts";
import { statusReport } from "./status-report.ts";
import { sayUnanswered } from "./unanswered.ts";
import { filesVerdict } from "./verdict.ts";

/**
 * Makes the running agent read its files now; with `wait`, the exit code says whether they are in
 * use and accepted.
 */
export async function reload(
  options: ConfigOptions & { readonly wait?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const folders = await findFolders(options, terminal.environment);
  const operation = options.wait === true ? "POST /reload" : "POST /reload?wait=0";
  const answer = await askAgent(folders.runtimeDir, operation, 0, shutdownSignal());
  if (answer.kind !== "answered") {
    return sayUnanswered(answer, folders, "reload", terminal);
  }
  if (options.wait !== true) {
    const status = nextCommand("status", folders, terminal.environment);
    print(terminal, `The agent reads its files now. To see the result, run: ${status}`);
    return ExitCode.good;
  }
  print(terminal, statusReport(answer.status, Date.now(), terminal));
  return filesVerdict(answer.status);
}
