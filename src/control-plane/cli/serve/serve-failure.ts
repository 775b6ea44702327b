import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { errorChain, OperatorError } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import type { Logger } from "../../log/logger.ts";
import { explainError } from "./explain-error.ts";

const MAX_LINE = 2000;

/** A bug that is in the log already. */
export class LoggedBug extends Error {
  override readonly name = "LoggedBug";
}

/**
 * Logs why `serve` could not start, or could not stop in order, and returns its exit code. In the
 * journal the line then has a priority, which it would not have on stderr.
 */
export function logFailure(error: unknown, logger: Logger): number {
  if (error instanceof LoggedBug) {
    return ExitCode.bug;
  }
  if (!(error instanceof OperatorError)) {
    logger.error(
      { event: "bug", err: error },
      "Stopped because of a bug. Please report it with these lines:",
    );
    return ExitCode.bug;
  }
  const known = explainError(error);
  const isCommandError = known instanceof CommandError;
  const fix = isCommandError && known.fix !== undefined ? `\nFix: ${known.fix}` : "";
  const text = `${errorChain(known)}${fix}`;
  const lines = text.split("\n").map((line) => printable(line, MAX_LINE));
  logger.error({ event: "serve.failed" }, lines.join("\n"));
  return isCommandError ? known.exitCode : ExitCode.bad;
}
