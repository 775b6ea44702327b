import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorChain } from "../../../lib/errors.ts";
import { MORE_DESCRIPTORS } from "../../../lib/files/open-files.ts";
import { inPlace } from "../../../lib/shell-word.ts";
import { isOutOfDescriptors } from "../../http/connection-limit.ts";
import { SettingsError } from "../../settings/settings.ts";

/** Turns the errors that this program knows into CommandErrors. Others stay as they are. */
export function explainError(error: unknown): unknown {
  if (error instanceof SettingsError) {
    return new CommandError("configuration", error.message, { cause: error.cause, fix: error.fix });
  }
  return isOutOfDescriptors(error)
    ? new CommandError("refused", errorChain(error), { fix: inPlace(MORE_DESCRIPTORS) })
    : error;
}
