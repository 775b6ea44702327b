import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { agentCommand, forAgent } from "../../../lib/shell-word.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import { type AgentFolders, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { driftNote } from "../host/credential-drift.ts";
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
    return await sayUnanswered(answer, folders, "reload", terminal);
  }
  const notes = await credentialNotes(folders, answer.status);
  if (options.wait !== true) {
    const status = agentCommand("status");
    print(terminal, `The agent reads its files now. To see the result, run: ${status}`);
    for (const note of notes) {
      complain(terminal, note);
    }
    return ExitCode.good;
  }
  print(terminal, statusReport(answer.status, Date.now(), terminal));
  for (const note of notes) {
    complain(terminal, note);
  }
  return filesVerdict(answer.status);
}

/** A reload cannot bring a new key: what to do instead. */
async function credentialNotes(folders: AgentFolders, status: AgentStatus): Promise<readonly string[]> {
  const { credential } = folders;
  if (credential === undefined) {
    return [];
  }
  const notes = await driftNote(folders, status);
  return notes.length > 0
    ? notes
    : [
        `The key is the systemd credential ${printable(credential)}, which systemd reads only at a start.`,
        `For a new key, run: ${forAgent("set-key")}`,
      ];
}
