import type { CommandEntry } from "./command-table.ts";

export interface ManualPage {
  readonly program: CommandEntry;
  readonly name: string;
  readonly version: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly files: readonly (readonly [path: string, what: string])[];
  readonly environment: readonly (readonly [variable: string, what: string])[];
  readonly exitStatus: readonly (readonly [code: number, what: string])[];
  readonly seeAlso: readonly string[];
}

/** A manual page of section 8 in the man(7) language. */
export function renderManual(page: ManualPage): string {
  const { program, name } = page;
  const lines = [
    `.TH ${name.toUpperCase()} 8 ${page.date} "${name} ${page.version}" "System Administration"`,
    ".SH NAME",
    `${literal(name)} \\- ${literal(lowerFirst(program.summary).replace(/\.$/u, ""))}`,
    ".SH SYNOPSIS",
    `.B ${literal(name)}`,
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    literal(program.description),
    ".SH OPTIONS",
    ...options(program),
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => describe(command, name)),
    ...definitions("FILES", page.files),
    ...definitions("ENVIRONMENT", page.environment),
    ...definitions(
      "EXIT STATUS",
      page.exitStatus.map(([code, what]) => [String(code), what]),
    ),
    ...notes(program, ".SH"),
    ".SH SEE ALSO",
    page.seeAlso.map((each) => each.replace(/^(.+)(\(\d\))$/u, ".BR $1 $2")).join(" ,\n"),
  ];
  return `${lines.join("\n")}\n`;
}

function describe(command: CommandEntry, program: string): readonly string[] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((each) => describe(each, program));
  }
  return [
    `.SS ${literal([program, ...command.path].join(" "))}`,
    `.B ${literal(command.usage)}`,
    ".PP",
    literal(command.description),
    ...options(command),
    ...notes(command, ".PP"),
  ];
}

function options(command: CommandEntry): readonly string[] {
  return command.options.flatMap(({ flags, description }) => [
    ".TP",
    `.B ${literal(flags)}`,
    literal(description),
  ]);
}

function notes(command: CommandEntry, heading: ".SH" | ".PP"): readonly string[] {
  const text = command.notes.replace(/^Examples:\n/u, "");
  if (text === "") {
    return [];
  }
  return [heading === ".SH" ? ".SH EXAMPLES" : ".PP", ".nf", ...text.split("\n").map(literal), ".fi"];
}

function definitions(
  title: string,
  entries: readonly (readonly [term: string, what: string])[],
): readonly string[] {
  return [
    `.SH ${title}`,
    ...entries.flatMap(([term, what]) => [".TP", `.B ${literal(term)}`, literal(what)]),
  ];
}

/** Text as text: no hyphen that turns into a typographic one, no line that begins a request. */
function literal(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("…", "...")
    .replaceAll(/[“”]/gu, '"')
    .replace(/^(?=[.'])/u, "\\&");
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
