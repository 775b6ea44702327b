import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPrograms } from "../../packaging/command-table.ts";
import { jsonSchemas } from "../../packaging/json-schemas.ts";
import type { CommandEntry } from "../../src/lib/command-line/command-table.ts";
import { ROOT } from "../support/source-files.ts";

const schemas = Object.entries(jsonSchemas());

describe("the published JSON schemas", () => {
  it.each(schemas)("%s is as the code has it (npm run docs)", (path, schema) => {
    expect(existsSync(join(ROOT, path)), "run npm run docs").toBe(true);
    expect(JSON.parse(readFileSync(join(ROOT, path), "utf8"))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it("are those of all commands with --json, and no others", () => {
    const { agent, controlPlane } = readPrograms();
    const commands = [
      ...withJson(agent).map((name) => `novacula-agent/${name}.schema.json`),
      ...withJson(controlPlane).map((name) => `novacula-control-plane/${name}.schema.json`),
      "error.schema.json",
    ];
    const published = readdirSync(join(ROOT, "docs/schemas"), { recursive: true, encoding: "utf8" });
    expect(published.filter((path) => path.endsWith(".json")).sort()).toEqual(commands.sort());
  });

  it.each(schemas)("%s describes one object, and times as ISO 8601", (_path, schema) => {
    expect(schema).toMatchObject({ type: "object" });
    const text = JSON.stringify(schema);
    const times = [...text.matchAll(/"(\w+At|at)":(\{(?:[^{}]|\{[^{}]*\})*\})/gu)];
    for (const [, name, form = ""] of times) {
      expect(form, name).toContain('"format":"date-time"');
    }
  });
});

function withJson(command: CommandEntry): readonly string[] {
  const own = command.options.some(({ names }) => names.includes("--json")) ? [command.path.join("-")] : [];
  return [...own, ...command.commands.flatMap(withJson)];
}
