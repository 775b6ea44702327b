import { Argument, Option } from "commander";
import { describe, expect, it } from "vitest";
import { orderedArguments, wantsJson } from "../../../src/lib/command-line/arguments.ts";
import { createCommand } from "../../../src/lib/command-line/command.ts";

const text = { summary: "s", description: "S." };
const options = () => [new Option("--org <organization>", "o"), new Option("--json", "j")];
const program = createCommand({
  ...text,
  name: "program",
  commands: [
    createCommand({ ...text, name: "serve" }),
    createCommand({
      ...text,
      name: "keys",
      alias: "key",
      commands: [
        createCommand({ ...text, name: "list", options: options() }),
        createCommand({ ...text, name: "revoke", arguments: [new Argument("<key>")], options: options() }),
      ],
    }),
  ],
}).version("1.0.0");

describe("arguments", () => {
  it.each([
    ["keys list --org acme", "keys list --org acme"],
    ["--org acme keys list", "keys list --org acme"],
    ["keys --org acme list", "keys list --org acme"],
    ["--org=acme --json keys list", "keys list --org=acme --json"],
    ["--json key --org acme revoke -- -x", "key revoke --json --org acme -- -x"],
    ["keys revoke help", "keys revoke help"],
    ["help", "--help"],
    ["help keys", "keys --help"],
    ["help keys list", "keys list --help"],
    ["keys help list", "keys list --help"],
    ["--version", "--version"],
    ["--help", "--help"],
    ["keys --help", "keys --help"],
    ["--unknown keys list", "--unknown keys list"],
    ["", ""],
  ])("%j is read as %j", (given, read) => {
    expect(orderedArguments(program, words(given)).join(" ")).toBe(read);
  });

  it.each(["frob --help", "help frob", "--json frob --help", "frob list --help"])(
    "%j is read as the unknown command alone",
    (given) => {
      expect(orderedArguments(program, words(given))).toEqual(["frob"]);
    },
  );

  it("name the unknown command below a command, too", () => {
    expect(orderedArguments(program, words("keys frob --help"))).toEqual(["keys", "frob"]);
    expect(orderedArguments(program, words("help keys frob"))).toEqual(["keys", "frob"]);
  });

  it("want JSON by an option, not by an operand", () => {
    expect(wantsJson(words("keys list --json"))).toBe(true);
    expect(wantsJson(words("keys revoke -- --json"))).toBe(false);
  });
});

function words(line: string): readonly string[] {
  return line.split(" ").filter((word) => word !== "");
}
