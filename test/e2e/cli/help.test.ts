import { describe, expect, it } from "vitest";
import { createCommands } from "../../../src/agent/cli/commands.ts";
import { definitionOf } from "../../../src/lib/command-line/command.ts";
import { command } from "../../support/agent/command.ts";
import { makeKey } from "../../support/keys.ts";

const { stdin, stdout, stderr } = process;
const program = createCommands({ terminal: { stdin, stdout, stderr, environment: {} }, end() {} });
const names = program.commands.map((each) => each.name());

describe.concurrent("help", () => {
  it.each(names)("%s --help says what it takes, with examples", async (name) => {
    const { code, stdout: help, stderr: complaint } = await command([name, "--help"]);
    expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
    expect(help).toContain(`Usage: novacula-agent ${name}`);
    expect(help).toContain("Examples:\n  ");
    expect(help).not.toContain("\u001b");
    expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it.each([...program.commands, program].map((each) => [each.name(), each] as const))(
    "%s has summary, description and examples as data",
    (name, each) => {
      expect(each.description()).toMatch(/[.]$/u);
      if (each !== program) {
        expect(each.summary()).toMatch(/^[a-z].*[^.]$/u);
      }
      const examples = definitionOf(each)?.examples ?? [];
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(example.command).toContain(each === program ? "novacula-agent" : `novacula-agent ${name}`);
        expect(example.does).not.toMatch(/[.]$/u);
      }
    },
  );

  it("is printed by help and help COMMAND as well", async () => {
    const [all, one] = await Promise.all([command(["help"]), command(["help", "check"])]);
    expect(all.stdout).toContain("set-key");
    expect(one.stdout).toContain("--key-file");
    expect([all.code, one.code]).toEqual([0, 0]);
  });

  it("leaves version, commit and platform to --version", async () => {
    const stdout = `novacula-agent 0.1.0 (development, ${process.platform}-${process.arch}, Node ${process.version})\n`;
    expect(await command(["--version"])).toMatchObject({ code: 0, stdout });
  });
});

describe.concurrent("a usage error", () => {
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [
      ["staus"],
      /^novacula-agent: unknown command 'staus'\n +Write status instead\.\n +See: novacula-agent --help\n$/,
    ],
    [
      ["status", "--jsn"],
      /unknown option '--jsn'\n +Write --json instead\.\n +See: novacula-agent status --help/,
    ],
    [["status", "now"], /too many arguments for 'status'/],
    [["check", "--config"], /argument missing/],
    [["status", "--wait-for", "3fa9c1d2"], /key=3fa9c1d2/],
    [["status", "--timeout", "soon"], /number of seconds from 0 to 3600/],
    [["status", "--watch", "--wait-for", "key=3fa9c1d2"], /cannot be used with/],
    [["dev", "--port", "70000"], /port from 1 to 65535/],
    [[], /Usage: novacula-agent/],
  ];
  it.each(cases)("%j ends with 64, and says how to do it", async (args, says) => {
    const { code, stdout: printed, stderr: complaint } = await command(args);
    expect({ code, printed }).toEqual({ code: 64, printed: "" });
    expect(complaint).toMatch(says);
  });
});

describe.concurrent("a key in an argument", () => {
  const key = makeKey();
  const cases: readonly (readonly [what: string, args: readonly string[]])[] = [
    ["of set-key", ["set-key", key]],
    ["as an option's value", ["set-key", `--key=${key}`]],
    ["without its prefix", ["set-key", key.slice(4)]],
    ["in upper case", ["set-key", key.toUpperCase()]],
    ["in place of a command", [key]],
    ["of any other command", ["check", "--key-file", key]],
  ];
  it.each(cases)("%s is refused and not repeated", async (_what, args) => {
    const { code, output } = await command(args);
    expect(code).toBe(64);
    expect(output).toMatch(/shell's history now.*rotate that key/su);
    expect(output.toLowerCase()).not.toContain(key.slice(4, 24).toLowerCase());
  });

  it("is not seen in a path with exc_ in it", async () => {
    const { code } = await command(["check", "--config", "/nowhere/exc_something_long/agent.toml"]);
    expect(code).toBe(1);
  });
});
