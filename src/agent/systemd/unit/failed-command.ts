import { printable } from "../../../lib/printable.ts";
import { clause, sinceOption } from "../last-words.ts";
import { journalOutput } from "../systemctl.ts";

/** A command that a unit runs before or after its program, and that keeps it from starting. */
export interface FailedCommand {
  /** `ExecStartPre` … */
  readonly setting: string;
  readonly path: string;
  readonly isBySignal: boolean;
  /** Its exit status, or the number of its signal. */
  readonly status: number;
  readonly pid: string;
  /** When it began, as `--timestamp=unix` shows it: `@1764385978`. */
  readonly since: string;
  /** The last that it wrote, a clause; undefined: nothing, or this user may not read it. */
  readonly words?: string | undefined;
}

/** Properties of a service with such commands, in the order in which systemd runs them. */
export const START_COMMANDS = ["ExecCondition", "ExecStartPre", "ExecStartPost"] as const;
export type StartCommands = Readonly<Record<(typeof START_COMMANDS)[number], readonly string[]>>;

const SHOWN =
  /^\{ path=(.*?) ; argv\[\]=.* ; ignore_errors=no ; start_time=\[(.*?)\] ; stop_time=\[.*\] ; pid=(\d{1,10}) ; code=(exited|killed|dumped) ; status=(\d{1,3})/u;

/**
 * The first one whose end failed the last start. systemd forgets the ends before at each start, so
 * one is named only once it has ended.
 */
export function failedCommand(shown: StartCommands): FailedCommand | undefined {
  for (const setting of START_COMMANDS) {
    for (const line of shown[setting]) {
      const [, path = "", since = "", pid = "", code = "", status = ""] = SHOWN.exec(line) ?? [];
      const isBySignal = code === "killed" || code === "dumped";
      // One after the program is killed if the program ends.
      const isEffect = setting === "ExecStartPost" && isBySignal;
      if (path !== "" && (isBySignal || Number(status) > 0) && !isEffect) {
        return { setting, path, isBySignal, status: Number(status), pid, since };
      }
    }
  }
  return undefined;
}

/** Of what `systemctl show` prints, with a line for each command. */
export function startCommandsIn(text: string): StartCommands {
  const lines = text.split("\n");
  const of = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  return {
    ExecCondition: of("ExecCondition"),
    ExecStartPre: of("ExecStartPre"),
    ExecStartPost: of("ExecStartPost"),
  };
}

const MAX_LENGTH = 200;

/** The same with its last words, which no other process can write in its name. */
export async function withWords(command: FailedCommand): Promise<FailedCommand> {
  const { since, pid } = command;
  const text = await journalOutput([sinceOption(since), "--lines=5", "--output=cat", `_PID=${pid}`]);
  return { ...command, words: lastLineIn(text ?? "") };
}

/** Without the name of the unit, which systemd puts before what it says of its own child. */
export function lastLineIn(text: string): string | undefined {
  const line = text.split("\n").findLast((each) => each.trim() !== "");
  const said = line?.trim().replace(/^[\w@.-]+\.service: /u, "");
  return said === undefined ? undefined : clause(printable(said, MAX_LENGTH));
}
