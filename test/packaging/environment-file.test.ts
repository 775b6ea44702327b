import { describe, expect, it } from "vitest";
import { environmentFile, environmentTable } from "../../packaging/environment-file.ts";
import { ENVIRONMENT_VARIABLES, readSettings } from "../../src/control-plane/settings/settings.ts";

const FILE = environmentFile(ENVIRONMENT_VARIABLES);

/** What systemd would set if the operator removed the # of `names`. */
function environmentOf(names: readonly string[]): Record<string, string> {
  const lines = FILE.split("\n").filter((line) => names.some((name) => line.startsWith(`#${name}=`)));
  return Object.fromEntries(lines.map((line) => line.slice(1).split(/=(.*)/su, 2)));
}

describe("the file of the service's environment", () => {
  it("sets nothing as it is shipped, and holds every variable once", () => {
    expect(FILE.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
    const set = FILE.match(/^#[A-Z_]+(?==)/gmu)?.map((name) => name.slice(1));
    expect(set).toEqual(ENVIRONMENT_VARIABLES.map(({ name }) => name));
  });

  it("shows each default as serve has it", () => {
    const defaulted = ENVIRONMENT_VARIABLES.filter(({ defaultValue }) => defaultValue !== undefined);
    const shown = environmentOf(defaulted.map(({ name }) => name));
    expect(Object.keys(shown)).toHaveLength(defaulted.length);
    expect(readSettings(shown)).toEqual(readSettings({}));
  });

  it("shows examples that serve takes, and no example of a secret", () => {
    const examples = environmentOf(ENVIRONMENT_VARIABLES.map(({ name }) => name));
    const secrets = { BETTER_AUTH_SECRET: "s".repeat(32), INITIAL_ADMIN_PASSWORD: "twelve chars" };
    expect(readSettings({ ...examples, ...secrets }).people?.origin).toBe("https://cp.example.com");
    expect(
      ENVIRONMENT_VARIABLES.filter(({ isSecret }) => isSecret).map(({ name }) => examples[name]),
    ).toEqual(["", ""]);
  });

  it("has no line longer than 100 columns", () => {
    expect(FILE.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

it("is a table of as many rows in the docs", () => {
  expect(environmentTable(ENVIRONMENT_VARIABLES).split("\n")).toHaveLength(2 + ENVIRONMENT_VARIABLES.length);
});
