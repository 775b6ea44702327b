import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCommands } from "../src/agent/cli/commands.ts";
import { EVENTS, type Level } from "../src/agent/journal/events.ts";

/**
 * The README's tables that have their home in code: `npm run docs` writes them, test/docs.test.ts holds them.
 * Each stands between `<!-- name -->` and `<!-- /name -->`.
 */
const README = join(import.meta.dirname, "../README.md");
const LOUDNESS: readonly Level[] = ["error", "warn", "info", "debug"];

function journalTable(): string {
  const rows = LOUDNESS.flatMap((level) =>
    Object.entries(EVENTS)
      .filter(([, event]) => event.level === level)
      .map(([name, { meaning, remedy }]) => `| ${level} | \`${name}\` | ${meaning} | ${remedy} |`),
  );
  return ["| level | event | what it means | what to do |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function commandTable(): string {
  const { stdin, stdout, stderr } = process;
  const program = createCommands({ terminal: { stdin, stdout, stderr, environment: {} }, end() {} });
  const rows = program.commands.map((command) => {
    const options = command.options.map((option) => `\`${option.long}\``).join(" ");
    return `| \`${command.name()}\` | ${command.summary()} | ${options} |`;
  });
  return ["| command | what it does | options |", "| --- | --- | --- |", ...rows].join("\n");
}

export function withTables(readme: string): string {
  return replaced(replaced(readme, "journal", journalTable()), "commands", commandTable());
}

function replaced(readme: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`README.md has no ${start} … ${end}`);
  }
  return `${readme.slice(0, from + start.length)}\n${table}\n${readme.slice(to)}`;
}

if (import.meta.main) {
  writeFileSync(README, withTables(readFileSync(README, "utf8")));
}
