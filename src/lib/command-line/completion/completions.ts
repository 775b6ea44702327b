import { COMPLETE, type CommandEntry, type OptionEntry, type ValueKind } from "../command-table.ts";

/** The script that bash-completion loads for `program`. */
export function bashCompletion(program: string, root: CommandEntry): string {
  const commands = allCommands(root);
  const name = identifier(program);
  return `# bash completion for ${program}
_${name}() {
    local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= word words= asked= files= last= socket=()
    COMPREPLY=()
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        # Bash cuts --socket=PATH into three words.
        [[ $last == --socket && $word != "=" ]] && socket=(--socket "$word")
        [[ $word == "=" ]] || last=$word
        case "$command/$word" in
${commands
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `        /${path.join("/")}) command=/${path.join("/")} ;;`)
  .join("\n")}
        esac
    done
    case $command in
${commands.map((each) => `    ${bashCommand(each)}`).join("\n")}
    esac
    case $previous in
${bashValues(commands.flatMap((command) => command.options))}
    *) [[ $current == -* ]] && asked= files= ;;
    esac
    if [[ $files ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -A "$files" -- "$current")
    elif [[ $asked ]]; then
        while read -r word; do
            [[ $word == "$current"* ]] && COMPREPLY+=("$word")
        done < <(${program} ${COMPLETE} "$asked" "\${socket[@]}" 2>/dev/null)
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
}
complete -F _${name} ${program}
`;
}

/** The variables that tell the last part of the function how to complete a value. */
function bashVariables(value: ValueKind): string {
  switch (value.kind) {
    case "file":
      return "files=file";
    case "folder":
      return "files=directory";
    case "asked":
      return `asked=${value.what}`;
    case "words":
      return `words="${value.words.join(" ")}"`;
    default:
      return "";
  }
}

function bashCommand(command: CommandEntry): string {
  const [argument] = command.arguments;
  const choices = argument?.value.kind === "words" ? argument.value.words : [];
  const words = [
    ...command.commands.map((each) => each.path.at(-1)),
    ...choices,
    ...namesOf(command.options),
  ];
  const pattern = command.path.length === 0 ? '""' : `/${command.path.join("/")}`;
  const more = argument === undefined || choices.length > 0 ? "" : ` ${bashVariables(argument.value)}`;
  return `${pattern}) words="${words.join(" ")}"${more} ;;`;
}

/** One rule for all options that take the same kind of value. */
function bashValues(options: readonly OptionEntry[]): string {
  const names = new Map<string, Set<string>>();
  for (const option of options.filter(({ value }) => value.kind !== "none")) {
    const variables = `words= asked= files= ${bashVariables(option.value)}`.trimEnd();
    names.set(variables, new Set([...(names.get(variables) ?? []), ...option.names]));
  }
  return [...names].map(([variables, each]) => `    ${[...each].join(" | ")}) ${variables} ;;`).join("\n");
}

/** The `_program` function for the fpath of zsh. */
export function zshCompletion(program: string, root: CommandEntry): string {
  const name = identifier(program);
  const functions = allCommands(root).map((command) => zshFunction(name, command));
  return `#compdef ${program}

_${name}_asked() {
  local -a socket
  local -i at=\${words[(I)--socket]}
  (( at > 0 && at < $#words )) && socket=(--socket \${(Q)words[at+1]})
  at=\${words[(I)--socket=*]}
  (( at > 0 )) && socket=(--socket \${(Q)words[at]#*=})
  local -a found=(\${(f)"$(${program} ${COMPLETE} \${@[-1]} $socket 2>/dev/null)"})
  compadd -a found
}
${functions.join("\n")}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${program}
fi
`;
}

function zshFunction(name: string, command: CommandEntry): string {
  const own = [name, ...command.path].map(identifier).join("_");
  const options = command.options.flatMap((option) => zshOption(name, option));
  if (command.commands.length === 0) {
    const operands = command.arguments.map(
      ({ placeholder, value }, index) => `'${index + 1}:${placeholder}${zshValue(name, value)}'`,
    );
    return `_${own}() {\n  _arguments -s -S ${[...options, ...operands].join(" ")}\n}`;
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

function zshOption(name: string, { description, names, value }: OptionEntry): readonly string[] {
  const text = quoted(description).replaceAll(/[[\]:]/gu, "\\$&");
  const action = value.kind === "none" ? "" : `:value${zshValue(name, value)}`;
  return names.map((each) => `'${each}[${text}]${action}'`);
}

function zshValue(name: string, value: ValueKind): string {
  switch (value.kind) {
    case "file":
      return ":_files";
    case "folder":
      return ":_files -/";
    case "asked":
      return `:_${name}_asked ${value.what}`;
    case "words":
      return `:(${value.words.join(" ")})`;
    default:
      return ": ";
  }
}

/** The script that fish loads for `program`. */
export function fishCompletion(program: string, root: CommandEntry): string {
  const lines = allCommands(root).flatMap((command) => {
    const start = `complete -c ${program} -n '${fishCondition(command)}'`;
    return [
      ...command.commands.map((each) => `${start} -f -a ${each.path.at(-1)} -d '${quoted(each.summary)}'`),
      ...command.arguments.map(({ value }) => `${start}${fishValue(program, value, " -f")}`),
      ...command.options.map((option) => {
        const names = option.names.map((each) =>
          each.startsWith("--") ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`,
        );
        return `${start} ${names.join(" ")}${fishValue(program, option.value, " -x")} -d '${quoted(option.description)}'`;
      }),
    ];
  });
  return `# fish completion for ${program}
function ${fishSocket(program)}
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if string match -q -- '--socket=*' $words[$i]
            printf '%s\\n' --socket (string replace -- --socket= '' $words[$i])
        else if test $words[$i] = --socket; and test $i -lt (count $words)
            printf '%s\\n' --socket $words[(math $i + 1)]
        end
    end
end
${lines.join("\n")}
`;
}

/**
 * The flags that complete a value. `exclusive` is the flag for "no files": `-x` for an option, `-f`
 * for an argument, each after a space.
 */
function fishValue(program: string, value: ValueKind, exclusive: " -x" | " -f"): string {
  switch (value.kind) {
    case "none":
      return "";
    case "file":
      return exclusive === " -x" ? " -r -F" : " -F";
    case "folder":
      return `${exclusive} -a '(__fish_complete_directories)'`;
    case "asked":
      return `${exclusive} -a '(${program} ${COMPLETE} ${value.what} (${fishSocket(program)}) 2>/dev/null)'`;
    case "words":
      return `${exclusive} -a '${value.words.join(" ")}'`;
    case "text":
      return exclusive;
  }
}

/** The function of the fish script that prints a typed `--socket`. */
function fishSocket(program: string): string {
  return `__${identifier(program)}_socket`;
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

/** Makes a text safe between single quotes in all three shells. */
function quoted(text: string): string {
  return text.replaceAll(/['\\]/gu, "’");
}
