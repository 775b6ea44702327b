import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { logLines } from "../../reconciler/host/log-lines.ts";

/**
 * Prints the last lines of a unit's log and each new one, until Ctrl-C. journalctl reads them as
 * the person who asks: it says so itself if that person may not see them. Throws a CommandError if
 * it cannot be started, or ends by itself.
 */
export async function followLog(unit: string, lines: number, terminal: Terminal): Promise<void> {
  const stop = shutdownSignal();
  const options = ["--no-pager", "--output=json", "--output-fields=MESSAGE", "--follow"];
  const child = spawn("journalctl", [...options, `--lines=${lines}`, `--unit=${unit}`], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...terminal.environment, LC_ALL: "C" },
  });
  const ended = once(child, "close").catch((error: unknown) => {
    const why = error instanceof Error ? error.message : "unknown";
    throw new CommandError("failed", `journalctl cannot be started: ${why}`);
  });
  stop.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  createInterface({ input: child.stdout }).on("line", (line) => {
    for (const text of logLines([line])) {
      print(terminal, text);
    }
  });
  await ended;
  if (!stop.aborted) {
    const how = child.exitCode === null ? `signal ${child.signalCode}` : `exit status ${child.exitCode}`;
    throw new CommandError("failed", `journalctl ended by itself (${how})`);
  }
}
