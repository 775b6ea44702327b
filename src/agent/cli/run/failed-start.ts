import { systemClock } from "../../../lib/clock.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { errorChain, OperatorError } from "../../../lib/errors.ts";
import { formatForStdout } from "../../../lib/log/line-format.ts";
import { capitalized, sentence } from "../../../lib/sentence.ts";
import { createJournal } from "../../journal/journal.ts";

/**
 * Runs the agent. In the journal of systemd and in a pod, an error that keeps it from starting is a
 * line with an event and a level; stderr has neither. Elsewhere the error is passed on.
 */
export async function reportingFailedStart(
  start: () => Promise<ExitCode>,
  { environment, stdout }: Terminal,
): Promise<ExitCode> {
  try {
    return await start();
  } catch (error) {
    const format = formatForStdout(environment);
    if (!(error instanceof OperatorError) || format === "pretty") {
      throw error;
    }
    const fix = error instanceof CommandError && error.fix !== undefined ? ` Fix: ${error.fix}` : "";
    const why = errorChain(error);
    // A fix mostly ends with a command, which people copy to its end.
    const said = why.includes("Fix: ") ? capitalized(why) : sentence(why);
    const message = `Not started. ${said}${fix}`;
    createJournal(stdout, { level: "error", format }, systemClock.now).write({
      event: "agent.not-started",
      message,
    });
    return error instanceof CommandError ? error.exitCode : ExitCode.bad;
  }
}
