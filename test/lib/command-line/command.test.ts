import { Option } from "commander";
import { expect, it } from "vitest";
import { createCommand } from "../../../src/lib/command-line/command.ts";

const text = { summary: "s", description: "S." };
const options = () => [new Option("-c, --config <path>", "c"), new Option("--json", "j")];

it.each([
  ["nodes --json", "nodes", { json: true }],
  ["nodes list --json", "list", { json: true }],
  ["nodes list -c a", "list", { config: "a" }],
])("%s: the options are those of the command that they follow", (line, name, given) => {
  const seen: unknown[] = [];
  const note = (command: string) => (found: object) => void seen.push(command, found);
  const list = createCommand({ ...text, name: "list", options: options(), action: note("list") });
  const nodes = createCommand({
    ...text,
    name: "nodes",
    options: options(),
    commands: [list],
    action: note("nodes"),
  });
  createCommand({ ...text, name: "program", commands: [nodes] }).parse(line.split(" "), { from: "user" });
  expect(seen).toEqual([name, given]);
});
