import * as z from "zod";
import { errorChain, OperatorError } from "../errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** The exit code of each error code. */
const EXIT_CODES = {
  failed: ExitCode.bad,
  refused: ExitCode.bad,
  cancelled: ExitCode.bad,
  no_answer: ExitCode.couldNotTell,
  not_yet: ExitCode.couldNotTell,
  no_permission: ExitCode.couldNotTell,
  not_running: ExitCode.notRunning,
  not_found: ExitCode.notFound,
  ambiguous: ExitCode.ambiguous,
  usage: ExitCode.usage,
  configuration: ExitCode.configuration,
  bug: ExitCode.bug,
} as const;

type ErrorCode = keyof typeof EXIT_CODES;

/** What a failed command of either program prints on stderr with `--json`. */
export const errorOutput = z.object({
  error: z.object({
    code: z.enum(Object.keys(EXIT_CODES)).describe("Why it failed"),
    message: z.string(),
    fix: z.string().optional().describe("What to do about it: a sentence, or a command"),
    exitCode: z.number(),
  }),
});

export type ErrorOutput = z.output<typeof errorOutput>;

/** A failed command: its code decides the exit code, and `fix` says what to do about it. */
export class CommandError extends OperatorError {
  override readonly name = "CommandError";
  readonly code: ErrorCode;
  readonly fix: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { fix, cause }: { readonly fix?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.fix = fix;
  }

  get exitCode(): ExitCode {
    return EXIT_CODES[this.code];
  }

  /** The error as `--json` prints it, with the messages of its causes. */
  output(): ErrorOutput {
    const { code, fix, exitCode } = this;
    return { error: { code, message: errorChain(this), fix, exitCode } };
  }
}
