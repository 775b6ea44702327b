import { OperatorError } from "../../lib/errors.ts";
import { SettingsError } from "../settings.ts";

/** sysexits(3) where it has a number. */
export const ExitCode = { ok: 0, failed: 1, usage: 64, bug: 70, configuration: 78 } as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof SettingsError) {
    return ExitCode.configuration;
  }
  return error instanceof OperatorError ? ExitCode.failed : ExitCode.bug;
}
