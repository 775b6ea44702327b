import type { CommandEntry, OptionEntry } from "./command-table.ts";

/** What bash-completion loads for `program`. */
export function bashCompletion(program: string, root: CommandEntry): string {
  const commands = allCommands(root);
  const options = commands.flatMap((command) => command.options);
  const name = identifier(program);
  return `# bash completion for ${program}
_${name}() {
    local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= word words=
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$command/$word" in
${commands
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `        /${path.join("/")}) command=/${path.join("/")} ;;`)
  .join("\n")}
        esac
    done
    case $previous in
${bashValues(options)}
    esac
    case $command in
${commands.map((each) => `    ${bashWords(each)}`).join("\n")}
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _${name} ${program}
`;
}

function bashValues(options: readonly OptionEntry[]): string {
  const taking = (value: OptionEntry["value"]) => namesOf(options.filter((option) => option.value === value));
  const rule = (names: readonly string[], command: string) =>
    names.length === 0 ? [] : [`    ${names.join(" | ")}) ${command}; return ;;`];
  return [
    ...rule(taking("file"), 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")'),
    ...rule(taking("folder"), 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current")'),
    ...rule(taking("text"), "COMPREPLY=()"),
  ].join("\n");
}

function bashWords(command: CommandEntry): string {
  const words = [...command.commands.map((each) => each.path.at(-1)), ...namesOf(command.options)];
  return `${command.path.length === 0 ? '""' : `/${command.path.join("/")}`}) words="${words.join(" ")}" ;;`;
}

/** A `_program` function for zsh's fpath. */
export function zshCompletion(program: string, root: CommandEntry): string {
  const name = identifier(program);
  const functions = allCommands(root).map((command) => zshFunction(name, command));
  return `#compdef ${program}\n\n${functions.join("\n")}\n_${name} "$@"\n`;
}

function zshFunction(name: string, command: CommandEntry): string {
  const own = [name, ...command.path].map(identifier).join("_");
  const options = command.options.flatMap(zshOption);
  if (command.commands.length === 0) {
    return `_${own}() {\n  _arguments -s -S ${[...options, "'*: :_default'"].join(" ")}\n}`;
  }
  const choices = command.commands.map(
    (each) => `'${each.path.at(-1)}:${quoted(each.summary).replaceAll(":", "\\:")}'`,
  );
  return `_${own}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -S -C ${options.join(" ")} '1: :->command' '*:: :->rest'
  case $state in
    command) local -a commands=(${choices.join(" ")}); _describe command commands ;;
    rest) (( $+functions[_${own}_\${line[1]//-/_}] )) && _${own}_\${line[1]//-/_} ;;
  esac
}`;
}

function zshOption(option: OptionEntry): readonly string[] {
  const description = quoted(option.description).replaceAll(/[[\]:]/gu, "\\$&");
  const value = { none: "", file: ":file:_files", folder: ":folder:_files -/", text: ":value: " }[
    option.value
  ];
  return option.names.map((name) => `'${name}[${description}]${value}'`);
}

/** What fish loads for `program`. */
export function fishCompletion(program: string, root: CommandEntry): string {
  const lines = allCommands(root).flatMap((command) => [
    ...command.commands.map(
      (each) =>
        `complete -c ${program} -f -n '${fishCondition(command)}' -a ${each.path.at(-1)} -d '${quoted(each.summary)}'`,
    ),
    ...command.options.map((option) => {
      const names = option.names.map((name) =>
        name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const value = {
        none: "",
        file: " -r -F",
        folder: " -x -a '(__fish_complete_directories)'",
        text: " -x",
      };
      return `complete -c ${program} -n '${fishCondition(command)}' ${names.join(" ")}${value[option.value]} -d '${quoted(option.description)}'`;
    }),
  ]);
  return `# fish completion for ${program}\n${lines.join("\n")}\n`;
}

function fishCondition(command: CommandEntry): string {
  const seen = command.path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const below = command.commands.map((each) => each.path.at(-1)).join(" ");
  const notBelow = below === "" ? [] : [`not __fish_seen_subcommand_from ${below}`];
  return [...seen, ...notBelow].join("; and ");
}

function allCommands(command: CommandEntry): readonly CommandEntry[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function namesOf(options: readonly OptionEntry[]): readonly string[] {
  return [...new Set(options.flatMap((option) => option.names))];
}

function identifier(name: string): string {
  return name.replaceAll("-", "_");
}

/** Safe between single quotes in all three shells. */
function quoted(text: string): string {
  return text.replaceAll(/['\\]/gu, "’");
}
