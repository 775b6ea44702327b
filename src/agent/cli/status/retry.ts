import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { statusReport } from "./status-report.ts";
import { sayUnanswered } from "./unanswered.ts";
import { filesVerdict } from "./verdict.ts";

/** Makes the running agent retry now instead of waiting for its backoff, and prints the result. */
export async function retry(options: ConfigOptions, terminal: Terminal): Promise<ExitCode> {
  const folders = await findFolders(options, terminal.environment);
  const answer = await askAgent(folders.runtimeDir, "POST /retry", 0, shutdownSignal());
  if (answer.kind !== "answered") {
    return await sayUnanswered(answer, folders, "retry", terminal);
  }
  print(terminal, statusReport(answer.status, Date.now(), terminal));
  return filesVerdict(answer.status);
}
