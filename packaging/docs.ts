import { readFileSync, writeFileSync } from "node:fs";
import { EVENTS } from "../src/agent/journal/events.ts";
import { EVENTS as CONTROL_PLANE_EVENTS } from "../src/control-plane/log/events.ts";
import { ENVIRONMENT_VARIABLES } from "../src/control-plane/settings/settings.ts";
import type { CommandEntry } from "../src/lib/command-line/command-table.ts";
import type { EventDescription } from "../src/lib/log/event-description.ts";
import { LOG_LEVELS } from "../src/lib/log/level.ts";
import { chainSections } from "./chain-tables.ts";
import { chartValueTable } from "./chart-values.ts";
import { readPrograms } from "./command-table.ts";
import { DEBIAN_PACKAGES } from "./debian-packages.ts";
import { environmentTable } from "./environment-file.ts";
import { markdownTable } from "./markdown-table.ts";
import { inCheckout } from "./paths.ts";

/** Most urgent first. */
const LEVELS = LOG_LEVELS.toReversed();

/**
 * The documents with parts that are generated from code. `npm run docs` writes each part between
 * `<!-- name -->` and `<!-- /name -->`; test/docs.test.ts fails if one is out of date.
 */
export const GENERATED: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/chains.md": { chains: chainSections },
  "docs/journal.md": { journal: () => eventTable(EVENTS) },
  "docs/commands.md": {
    "agent-exit-codes": () => exitCodeTable("agent"),
    "agent-commands": () => commandSections("agent"),
    "control-plane-exit-codes": () => exitCodeTable("controlPlane"),
    "control-plane-commands": () => commandSections("controlPlane"),
  },
  "docs/kubernetes.md": {
    "agent-values": () => chartValueTable("novacula-agent"),
    "control-plane-values": () => chartValueTable("novacula-control-plane"),
  },
  "docs/control-plane/log.md": { events: () => eventTable(CONTROL_PLANE_EVENTS) },
  "docs/control-plane/environment.md": { environment: () => environmentTable(ENVIRONMENT_VARIABLES) },
};

/** `text` with the generated parts of the document `path` as the code has them now. */
export function withGeneratedParts(path: string, text: string): string {
  const parts = Object.entries(GENERATED[path] ?? {});
  return parts.reduce((document, [name, generate]) => replacePart(document, name, generate()), text);
}

function replacePart(document: string, name: string, part: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`no ${start} … ${end}`);
  }
  return `${document.slice(0, from + start.length)}\n${part.trim()}\n${document.slice(to)}`;
}

function eventTable(events: Readonly<Record<string, EventDescription>>): string {
  const rows = LEVELS.flatMap((level) =>
    Object.entries(events)
      .filter(([, event]) => event.level === level)
      .map(([name, { meaning, remedy }]) => [level, `\`${name}\``, meaning, remedy]),
  );
  return markdownTable(["level", "event", "what it means", "what to do"], rows);
}

type Program = (typeof DEBIAN_PACKAGES)[number]["program"];

function exitCodeTable(program: Program): string {
  const { exitCodes } = readPrograms()[program];
  return markdownTable(
    ["exit code", "meaning"],
    exitCodes.map(([code, what]) => [String(code), sentence(what)]),
  );
}

function commandSections(program: Program): string {
  const { name } = packageOf(program);
  return readPrograms()
    [program].commands.flatMap((command) => sections(command, name))
    .join("\n\n");
}

function packageOf(program: Program) {
  const found = DEBIAN_PACKAGES.find((each) => each.program === program);
  if (found === undefined) {
    throw new Error(`no package holds ${program}`);
  }
  return found;
}

function sections(command: CommandEntry, program: string): readonly string[] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((each) => sections(each, program));
  }
  const options = command.options.filter(({ flags }) => !flags.includes("--help"));
  return [
    [
      `### ${[program, ...command.path].join(" ")}`,
      sentence(command.description),
      ...(options.length === 0 ? [] : [optionTable(options)]),
      ["```text", `Usage: ${command.usage}`, ...notes(command), "```"].join("\n"),
    ].join("\n\n"),
  ];
}

function optionTable(options: CommandEntry["options"]): string {
  return markdownTable(
    ["option", "meaning"],
    options.map(({ flags, description }) => [`\`${flags}\``, description]),
  );
}

function notes(command: CommandEntry): readonly string[] {
  return command.help === "" ? [] : ["", command.help];
}

function sentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/u.test(capital) ? capital : `${capital}.`;
}

if (import.meta.main) {
  for (const path of Object.keys(GENERATED)) {
    const file = inCheckout(path);
    writeFileSync(file, withGeneratedParts(path, readFileSync(file, "utf8")));
  }
}
