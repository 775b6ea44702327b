import type { Terminal } from "../../lib/command-line/terminal.ts";

/** What a command needs of its surroundings: the terminal, and whom to tell how it ended. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** With an exit code; of a command that passes systemctl's on, with that. */
  readonly end: (code: number) => void;
}
