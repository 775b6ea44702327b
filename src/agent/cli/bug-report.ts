import { inspect } from "node:util";
import { systemClock } from "../../lib/clock.ts";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { ExitCode } from "../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../lib/command-line/terminal.ts";
import { formatForStdout } from "../../lib/log/line-format.ts";
import { createJournal } from "../journal/journal.ts";
import { scrub } from "../journal/scrub.ts";

/**
 * Reports an error that no code expects, with its stack; operators see a stack nowhere else. For a
 * command with `--json` it is JSON. In the journal, each line carries its priority.
 */
export function reportBug(error: unknown, isJson: boolean, terminal: Terminal): ExitCode {
  const stack = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const message = `a bug of novacula-agent; please report it with these lines\n${stack}`;
  const format = formatForStdout(terminal.environment);
  if (isJson) {
    const bug = new CommandError("bug", scrub(message));
    complain(terminal, JSON.stringify(bug.output(), undefined, 2));
  } else if (format === "journal") {
    createJournal(terminal.stdout, { level: "error", format }, systemClock.now).write({
      event: "agent.bug",
      message,
    });
  } else {
    complain(terminal, `novacula-agent: ${scrub(message)}`);
  }
  return ExitCode.bug;
}
