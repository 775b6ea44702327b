import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";

/** The exit code of `status`. A pending change does not make an online executor bad. */
export function stateVerdict(status: AgentStatus): ExitCode {
  switch (status.state) {
    case "online":
      return ExitCode.good;
    case "connecting":
    case "unreachable":
      return ExitCode.couldNotTell;
    case "key-refused":
    case "forbidden":
    case "key-unusable":
    case "config-invalid":
      return ExitCode.bad;
  }
}

/** The exit code of `reload --wait`: whether the files as they are now are in use and accepted. */
export function filesVerdict(status: AgentStatus): ExitCode {
  switch (status.pendingChange?.state) {
    case undefined:
      return stateVerdict(status);
    case "refused":
    case "unusable":
      return ExitCode.bad;
    case "trying":
    case "unreachable":
      return ExitCode.couldNotTell;
  }
}
