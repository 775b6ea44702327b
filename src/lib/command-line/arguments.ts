import type { Command, Option } from "commander";

const HELP = new Set(["-h", "--help"]);

/**
 * Reorders the arguments for commander:
 *
 * - `--org acme keys list` becomes `keys list --org acme`, because options may come before the
 *   command.
 * - `help keys create` becomes `keys create --help`.
 * - `frobnicate --help` becomes `frobnicate`, so that it is the usage error that it should be.
 */
export function orderedArguments(program: Command, args: readonly string[]): readonly string[] {
  const words: string[] = [];
  const moved: string[] = [];
  let command = program;
  let wantsHelp = false;
  let rest = [...args];
  while (command.commands.length > 0) {
    const [word = "--", ...after] = rest;
    if (word === "help") {
      wantsHelp = true;
    } else if (word.startsWith("-")) {
      const option = findOption(command, word);
      if (option === undefined) {
        break;
      }
      const length = option.required && !word.includes("=") ? 2 : 1;
      moved.push(...rest.slice(0, length));
      rest = rest.slice(length);
      continue;
    } else {
      words.push(word);
      const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
      if (next === undefined) {
        return words;
      }
      command = next;
    }
    rest = after;
  }
  return [...words, ...moved, ...(wantsHelp ? ["--help"] : []), ...rest];
}

/** Finds the option among the commands below `command`. Its own options are not moved. */
function findOption(command: Command, word: string): Option | undefined {
  const [name = ""] = word.split("=");
  if (HELP.has(name) || command.options.some((option) => isCalled(option, name))) {
    return undefined;
  }
  return command.commands
    .flatMap((each) => each.options.find((option) => isCalled(option, name)) ?? findOption(each, name) ?? [])
    .at(0);
}

function isCalled({ short, long }: Option, name: string): boolean {
  return name !== "" && (short === name || long === name);
}

/** Whether `--json` is among the options: an error is then printed as JSON, too. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).includes("--json");
}
