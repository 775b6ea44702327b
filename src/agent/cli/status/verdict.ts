import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";

/** What a running agent's state means for `status`. A change that waits does not take an online executor down. */
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

/** Whether the files as they are now are what runs, and accepted: for `reload --wait`. */
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
