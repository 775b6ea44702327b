import { OperatorError } from "../errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** Why a command failed, for a program that reads `--json`. */
const EXIT_CODES = {
  refused: ExitCode.bad,
  cancelled: ExitCode.bad,
  no_answer: ExitCode.couldNotTell,
  no_permission: ExitCode.couldNotTell,
  not_running: ExitCode.notRunning,
  not_found: ExitCode.notFound,
  ambiguous: ExitCode.ambiguous,
  usage: ExitCode.usage,
  configuration: ExitCode.configuration,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** A failed command: its code decides the exit code, and `fix` says what to do about it. */
export class CommandError extends OperatorError {
  override readonly name = "CommandError";
  readonly code: ErrorCode;
  readonly fix: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { fix, cause }: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.fix = fix;
  }

  get exitCode(): ExitCode {
    return EXIT_CODES[this.code];
  }
}
