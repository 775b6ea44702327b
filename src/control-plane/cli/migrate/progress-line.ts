import type { Terminal } from "../../../lib/command-line/terminal.ts";
import type { MoveProgress } from "../../store/move/move.ts";

const CLEARED = "\r\u001b[K";

/** A line on the terminal that tells how far the move is. Nothing is written to a pipe. */
export class ProgressLine {
  private readonly stderr: Terminal["stderr"];

  constructor({ stderr }: Terminal) {
    this.stderr = stderr;
  }

  readonly show: MoveProgress = (step, what, rows, total) => {
    if (this.stderr.isTTY === true) {
      const word = `${step[0]?.toUpperCase()}${step.slice(1)}`;
      const share = total === undefined ? `${rows} rows` : `${rows} of ${total} rows`;
      this.stderr.write(`${CLEARED}${word} ${what}${rows === undefined ? "" : `: ${share}`}`);
    }
  };

  clear(): void {
    if (this.stderr.isTTY === true) {
      this.stderr.write(CLEARED);
    }
  }
}
