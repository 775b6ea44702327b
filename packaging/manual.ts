import type { CommandEntry } from "../src/lib/command-line/command-table.ts";

export interface ManualPage {
  readonly program: CommandEntry;
  readonly name: string;
  readonly version: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly files: readonly (readonly [path: string, what: string])[];
  readonly environment: readonly (readonly [variable: string, what: string])[];
  /** What a proxy on the way must leave alone: paragraphs. */
  readonly proxies: readonly string[];
  /** What another installation of the package leaves alone. */
  readonly kept: string;
  readonly seeAlso: readonly string[];
}

/** A manual page of section 8 in the man(7) language. */
export function renderManual(page: ManualPage): string {
  const { program, name } = page;
  const lines = [
    `.TH ${name.toUpperCase()} 8 ${page.date} "${name} ${page.version}" "System Administration"`,
    ".SH NAME",
    `${literal(name)} \\- ${literal(program.summary)}`,
    ".SH SYNOPSIS",
    `.B ${literal(name)}`,
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    literal(program.description),
    ...paragraphs(program.notes),
    ".SH OPTIONS",
    ...options(program),
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => describe(command, name)),
    ...definitions("FILES", page.files),
    ...definitions("ENVIRONMENT", page.environment),
    ...definitions("EXIT STATUS", exitCodes(program)),
    ".SH PROXIES",
    ...page.proxies.flatMap((paragraph) => [".PP", literal(paragraph)]),
    ".SH IF THE PROGRAM ITSELF DOES NOT START",
    ...damage(name, page.kept),
    ".SH EXAMPLES",
    ...examples(program),
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
    ...command.arguments.flatMap(({ placeholder, description }) => entry(placeholder, description)),
    ...options(command),
    ...(command.notes.startsWith("Environment:") ? [] : paragraphs(command.notes)),
    ...section("Examples:", examples(command)),
    ...section(
      "Exit codes:",
      exitCodes(command).flatMap(([code, what]) => entry(code, what)),
    ),
  ];
}

/** Whoever reads this has no program to ask. */
function damage(name: string, kept: string): readonly string[] {
  const line = (text: string) => [".PP", literal(text)];
  const command = (text: string) => [".PP", ".nf", `    ${literal(text)}`, ".fi"];
  return [
    ...line(
      `If systemctl status ${name} shows status=203/EXEC, systemd cannot execute the program: the file is missing, not executable, or damaged. "Exec format error" means that it is damaged (cut off, for example), or for another processor. status=127 means that a shared library is missing: ldd /usr/bin/${name} names it. To see which files of the package are damaged or missing, and to install it again:`,
    ),
    ...command(`dpkg --verify ${name}`),
    ...command(`sudo apt install --reinstall ${name}`),
    ...line(
      'If apt says that the package "needs to be reinstalled, but I can\'t find an archive for it", give dpkg the file: from the cache of apt, or from where you got it. If it is gone, download the same version again.',
    ),
    ...command(`sudo dpkg -i /var/cache/apt/archives/${name}_*.deb`),
    ...command(`sudo systemctl reset-failed ${name} && sudo systemctl start ${name}`),
    ...line(`Nothing is lost by that: ${kept}`),
  ];
}

function options(command: CommandEntry): readonly string[] {
  return command.options.flatMap(({ flags, description }) => entry(flags, description));
}

function examples(command: CommandEntry): readonly string[] {
  return command.examples.flatMap((example) => [
    ".PP",
    literal(`${upperFirst(example.does)}:`),
    ".PP",
    ".nf",
    `    ${literal(example.command)}`,
    ".fi",
  ]);
}

function exitCodes(command: CommandEntry): readonly (readonly [code: string, what: string])[] {
  return command.exitCodes.map(([code, what]) => [String(code), what]);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [".PP", `.I ${literal(title)}`, ...lines];
}

function paragraphs(text: string): readonly string[] {
  return text === "" ? [] : text.split("\n\n").flatMap((each) => [".PP", ...each.split("\n").map(literal)]);
}

function entry(term: string, what: string): readonly string[] {
  return [".TP", `.B ${literal(term)}`, literal(what)];
}

function definitions(
  title: string,
  entries: readonly (readonly [term: string, what: string])[],
): readonly string[] {
  return [`.SH ${title}`, ...entries.flatMap(([term, what]) => entry(term, what))];
}

/** Text as it is: no typographic hyphens, and no line that begins a request. */
function literal(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("…", "...")
    .replaceAll(/[“”]/gu, '"')
    .replace(/^(?=[.'])/u, "\\&");
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
